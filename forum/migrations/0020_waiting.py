"""What waits for a moderator. Posts and comments are many: the constraints are proven apart, without a lock."""

from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models

IS_HIDDEN = models.Q(("is_waiting", False), ("is_hidden", True), _connector=models.Q.OR)


def waiting() -> models.BooleanField:
    return models.BooleanField(db_default=False, default=False, editable=False)


class Migration(migrations.Migration):
    dependencies = [("forum", "0019_reactions"), ("moderation", "0013_held")]

    operations = [
        migrations.AddField("comment", "is_waiting", waiting()),
        migrations.AddField("post", "is_waiting", waiting()),
        AddConstraintNotValid("comment", models.CheckConstraint(condition=IS_HIDDEN, name="waiting_comment_is_hidden")),
        AddConstraintNotValid("post", models.CheckConstraint(condition=IS_HIDDEN, name="waiting_post_is_hidden")),
    ]
