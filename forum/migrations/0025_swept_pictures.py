import django.db.models.deletion
from django.db import migrations, models

KINDS = ("post", "comment", "picture")


def only(kept: str) -> models.Q:
    return models.Q(*sorted((f"{kind}__isnull", kind != kept) for kind in KINDS))


class Migration(migrations.Migration):
    dependencies = [("forum", "0024_late_comments_found")]

    operations = [
        migrations.RemoveConstraint("sweptthing", "swept_is_one_thing"),
        migrations.AddField(
            "sweptthing",
            "picture",
            models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="forum.picture"
            ),
        ),
        migrations.AddConstraint(
            "sweptthing",
            models.CheckConstraint(condition=models.Q(*map(only, KINDS), _connector="OR"), name="swept_is_one_thing"),
        ),
    ]
