"""Moderators grant, change and take verified flair at the desk."""

from django.apps.registry import Apps
from django.contrib.auth.management import create_permissions
from django.db import migrations

MAY = ("view_flair", "add_flair", "change_flair", "delete_flair")


def grant(apps: Apps, schema_editor) -> None:
    # Permissions are made after all migrations; the group needs them now.
    config = apps.get_app_config("accounts")
    config.models_module = True
    create_permissions(config, apps=apps, verbosity=0)
    config.models_module = None
    group, _ = apps.get_model("auth", "Group").objects.get_or_create(name="Moderators")
    permission = apps.get_model("auth", "Permission")
    group.permissions.add(*permission.objects.filter(content_type__app_label="accounts", codename__in=MAY))


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0006_settings_and_flair"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
