"""The queue's order, as it has been since a case says how grave its words are. Nothing here stops reports."""

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models

WAITS = models.Q(("state__in", ["open", "claimed", "escalated"]))


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("moderation", "0018_words_gone")]

    operations = [
        AddIndexConcurrently(
            "case", models.Index(condition=WAITS, fields=["-concern", "-weight", "id"], name="case_first")
        ),
        RemoveIndexConcurrently("case", "case_queue"),
    ]
