"""Saved searches of the whole site, and what is new on its way to them."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("forum", "0014_saved_words"),
        ("studies", "0016_saved_in_folders"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="FoundWords",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("found_on", models.DateField(default=django.utils.timezone.localdate)),
            ],
            options={
                "verbose_name_plural": "found words",
            },
        ),
        migrations.CreateModel(
            name="NewWords",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ],
            options={
                "verbose_name_plural": "new words",
            },
        ),
        migrations.RemoveConstraint(
            model_name="savedsearch",
            name="one_search_of_a_member",
        ),
        migrations.AddField(
            model_name="savedsearch",
            name="place",
            field=models.CharField(
                choices=[("library", "The library"), ("site", "Everything")],
                db_default="library",
                default="library",
                max_length=10,
            ),
        ),
        migrations.AddConstraint(
            model_name="savedsearch",
            constraint=models.UniqueConstraint(fields=("member", "place", "query"), name="one_search_of_a_member"),
        ),
        migrations.AddField(
            model_name="foundwords",
            name="comment",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="forum.comment",
            ),
        ),
        migrations.AddField(
            model_name="foundwords",
            name="post",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="forum.post",
            ),
        ),
        migrations.AddField(
            model_name="foundwords",
            name="search",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="found",
                to="studies.savedsearch",
            ),
        ),
        migrations.AddField(
            model_name="newwords",
            name="comment",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="forum.comment",
            ),
        ),
        migrations.AddField(
            model_name="newwords",
            name="post",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="forum.post",
            ),
        ),
        migrations.AddIndex(
            model_name="foundwords",
            index=models.Index(condition=models.Q(("post__isnull", False)), fields=["post"], name="found_posts"),
        ),
        migrations.AddIndex(
            model_name="foundwords",
            index=models.Index(
                condition=models.Q(("comment__isnull", False)), fields=["comment"], name="found_comments"
            ),
        ),
        migrations.AddIndex(
            model_name="foundwords",
            index=models.Index(fields=["found_on"], name="found_age"),
        ),
        migrations.AddConstraint(
            model_name="foundwords",
            constraint=models.UniqueConstraint(fields=("search", "post"), name="post_found_once"),
        ),
        migrations.AddConstraint(
            model_name="foundwords",
            constraint=models.UniqueConstraint(fields=("search", "comment"), name="comment_found_once"),
        ),
        migrations.AddConstraint(
            model_name="newwords",
            constraint=models.UniqueConstraint(fields=("post",), name="post_is_new_once"),
        ),
        migrations.AddConstraint(
            model_name="newwords",
            constraint=models.UniqueConstraint(fields=("comment",), name="comment_is_new_once"),
        ),
    ]
