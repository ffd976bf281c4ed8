"""Comments are searched: a generated vector of their words, as posts have.

Adding it writes the table of comments' texts anew, under a lock: some 30 s for each million comments. It comes while
that table is young. The limit on one statement's time, which guards requests, is lifted for it.
"""

import django.contrib.postgres.indexes
import django.contrib.postgres.search
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("forum", "0008_masks_promised")]

    operations = [
        migrations.RunSQL("SET LOCAL statement_timeout = 0", migrations.RunSQL.noop),
        migrations.AddField(
            model_name="commenttext",
            name="search_vector",
            field=models.GeneratedField(
                db_persist=True,
                expression=django.contrib.postgres.search.SearchVector("body", config="english", weight="D"),
                output_field=django.contrib.postgres.search.SearchVectorField(),
            ),
        ),
        migrations.AddIndex(
            model_name="commenttext",
            index=django.contrib.postgres.indexes.GinIndex(fields=["search_vector"], name="comment_search"),
        ),
    ]
