"""What moderators did not let through, which its author may read. The constraints are proven apart, without a lock."""

from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models

IS_HIDDEN = models.Q(("is_rejected", False), models.Q(("is_hidden", True), ("is_waiting", False)), _connector="OR")


def rejected() -> models.BooleanField:
    return models.BooleanField(db_default=False, default=False, editable=False)


class Migration(migrations.Migration):
    dependencies = [("forum", "0026_waiting_edits"), ("moderation", "0013_held")]

    operations = [
        migrations.AddField("comment", "is_rejected", rejected()),
        migrations.AddField("post", "is_rejected", rejected()),
        AddConstraintNotValid(
            "comment", models.CheckConstraint(condition=IS_HIDDEN, name="rejected_comment_is_hidden")
        ),
        AddConstraintNotValid("post", models.CheckConstraint(condition=IS_HIDDEN, name="rejected_post_is_hidden")),
    ]
