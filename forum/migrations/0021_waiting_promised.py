from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("forum", "0020_waiting")]

    operations = [
        ValidateConstraint("comment", "waiting_comment_is_hidden"),
        ValidateConstraint("post", "waiting_post_is_hidden"),
    ]
