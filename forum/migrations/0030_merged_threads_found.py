from django.db import migrations

# What a post was merged into stands in the log of the merge; the comment itself may have moved on since.
FOUND = """
    UPDATE forum_threadterms t SET merged_thread_id = p.id
    FROM moderation_action a, django_content_type k, forum_post p
    WHERE t.merged_into_id IS NOT NULL AND k.id = a.content_type_id AND k.app_label = 'forum' AND k.model = 'post'
      AND a.object_id = t.post_id AND a.action = 'merge' AND p.id = (a.details->>'into')::bigint
      AND (a.details->>'comment')::bigint = t.merged_into_id
"""


class Migration(migrations.Migration):
    dependencies = [("forum", "0029_merged_threads"), ("moderation", "0008_undoing")]

    operations = [migrations.RunSQL(FOUND, migrations.RunSQL.noop)]
