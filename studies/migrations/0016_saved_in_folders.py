"""Saved studies stand in the folders of their members. The index is of what stands in one: at first of nothing."""

import django.db.models.deletion
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("forum", "0014_saved_words"),
        ("studies", "0015_keep_first_versions"),
    ]

    operations = [
        migrations.AddField(
            model_name="savedstudy",
            name="folder",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="forum.folder",
            ),
        ),
        AddIndexConcurrently(
            model_name="savedstudy",
            index=models.Index(
                condition=models.Q(("folder__isnull", False)),
                fields=["folder", "-saved_at", "-id"],
                name="saved_in_folder",
            ),
        ),
    ]
