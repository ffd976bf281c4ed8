"""Moderators look at flags."""

from django.apps.registry import Apps
from django.contrib.auth.management import create_permissions
from django.db import migrations

MAY = ("view_flag", "dismiss_flag")


def allow(apps: Apps, schema_editor) -> None:
    # Permissions are made after all migrations; the group needs them now.
    config = apps.get_app_config("moderation")
    config.models_module = True
    create_permissions(config, apps=apps, verbosity=0)
    config.models_module = None
    group, _ = apps.get_model("auth", "Group").objects.get_or_create(name="Moderators")
    group.permissions.add(
        *apps.get_model("auth", "Permission").objects.filter(content_type__app_label="moderation", codename__in=MAY)
    )


class Migration(migrations.Migration):
    dependencies = [
        ("moderation", "0015_rules"),
        ("forum", "0002_moderators_group"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(allow, migrations.RunPython.noop)]
