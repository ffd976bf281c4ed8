"""The index of the list of answered posts; made while members write."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("forum", "0016_answers")]

    operations = [
        AddIndexConcurrently(
            "post",
            models.Index(condition=models.Q(("is_answered", True)), fields=["-posted_at", "-id"], name="post_answered"),
        ),
    ]
