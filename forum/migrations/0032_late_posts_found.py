"""Posts may be many: nothing here stops their writing."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

LATE = models.Q(("arrival__isnull", False))


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("forum", "0031_late_posts")]

    operations = [
        AddIndexConcurrently("post", models.Index(condition=LATE, fields=["arrival"], name="post_latest")),
    ]
