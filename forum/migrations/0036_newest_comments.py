"""The newest and the oldest comments at the top of a thread, without reading the replies between them.

Comments may be many: nothing here stops their writing.
"""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

TOP_LEVEL = models.Q(("parent__isnull", True))


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("forum", "0035_gists_before")]

    operations = [
        AddIndexConcurrently(
            "comment", models.Index(condition=TOP_LEVEL, fields=["post", "id"], name="comment_top_level_new")
        ),
    ]
