"""What the database promises about masks. Posts and comments are many: nothing here stops their writing."""

from django.contrib.postgres.operations import AddConstraintNotValid, AddIndexConcurrently, ValidateConstraint
from django.db import migrations, models

MASKED = models.Q(("mask__isnull", False))
NAMES_NOBODY = models.Q(
    ("author__isnull", True), models.Q(("mask__isnull", True), ("pseudonym", "")), _connector=models.Q.OR
)


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("forum", "0007_masks")]

    operations = [
        AddIndexConcurrently("post", models.Index(condition=MASKED, fields=["mask"], name="post_masked")),
        migrations.SeparateDatabaseAndState(
            [
                migrations.RunSQL(
                    'CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS "one_masked_comment_for_a_form"'
                    ' ON "forum_comment" ("mask_id", "token") WHERE "mask_id" IS NOT NULL',
                    'DROP INDEX IF EXISTS "one_masked_comment_for_a_form"',
                )
            ],
            [
                migrations.AddConstraint(
                    "comment",
                    models.UniqueConstraint(
                        condition=MASKED, fields=("mask", "token"), name="one_masked_comment_for_a_form"
                    ),
                )
            ],
        ),
        AddConstraintNotValid(
            "comment", models.CheckConstraint(condition=NAMES_NOBODY, name="masked_comment_names_nobody")
        ),
        AddConstraintNotValid("post", models.CheckConstraint(condition=NAMES_NOBODY, name="masked_post_names_nobody")),
        ValidateConstraint("comment", "masked_comment_names_nobody"),
        ValidateConstraint("post", "masked_post_names_nobody"),
    ]
