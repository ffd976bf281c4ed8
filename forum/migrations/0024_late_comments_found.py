"""Comments are many: nothing here stops their writing."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

LATE = models.Q(("arrival__isnull", False))


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("forum", "0023_late_comments")]

    operations = [
        AddIndexConcurrently("comment", models.Index(condition=LATE, fields=["post", "arrival"], name="comment_late")),
        AddIndexConcurrently("comment", models.Index(condition=LATE, fields=["arrival"], name="comment_latest")),
    ]
