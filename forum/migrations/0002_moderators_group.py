"""The Moderators group, with what it may do at the desk: hide, lock, pin and move, and look things up."""

from django.apps.registry import Apps
from django.contrib.auth.management import create_permissions
from django.db import migrations

MAY = (
    ("forum", ("view_category", "view_post", "moderate_post", "view_comment", "moderate_comment")),
    ("moderation", ("view_action",)),
    ("common", ("view_tag",)),
    ("accounts", ("view_member",)),
)


def make_group(apps: Apps, schema_editor) -> None:
    # Permissions are made after all migrations; the group needs them now.
    for label, _ in MAY:
        config = apps.get_app_config(label)
        config.models_module = True
        create_permissions(config, apps=apps, verbosity=0)
        config.models_module = None
    group, _ = apps.get_model("auth", "Group").objects.get_or_create(name="Moderators")
    permission = apps.get_model("auth", "Permission")
    for label, codenames in MAY:
        group.permissions.add(*permission.objects.filter(content_type__app_label=label, codename__in=codenames))


def remove_group(apps: Apps, schema_editor) -> None:
    apps.get_model("auth", "Group").objects.filter(name="Moderators").delete()


class Migration(migrations.Migration):
    dependencies = [
        ("forum", "0001_initial"),
        ("accounts", "0001_initial"),
        ("common", "0001_initial"),
        ("moderation", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(make_group, remove_group)]
