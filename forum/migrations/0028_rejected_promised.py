from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations

REJECTED = """
    UPDATE forum_{kind} t SET is_rejected = true FROM moderation_held h
    WHERE h.kind = '{kind}' AND h.object_id = t.id AND h.state = 'rejected'
      AND t.is_hidden AND NOT t.is_waiting AND t.deleted_at IS NULL
"""


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("forum", "0027_rejected")]

    operations = [
        migrations.RunSQL(REJECTED.format(kind="post"), migrations.RunSQL.noop),
        migrations.RunSQL(REJECTED.format(kind="comment"), migrations.RunSQL.noop),
        ValidateConstraint("comment", "rejected_comment_is_hidden"),
        ValidateConstraint("post", "rejected_post_is_hidden"),
    ]
