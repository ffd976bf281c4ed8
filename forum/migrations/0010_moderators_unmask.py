"""Moderators may ask, with a reason, who stands behind a pseudonym."""

from django.apps.registry import Apps
from django.contrib.auth.management import create_permissions
from django.db import migrations


def let_them(apps: Apps, schema_editor) -> None:
    # Permissions are made after all migrations; the group needs it now.
    config = apps.get_app_config("forum")
    config.models_module = True
    create_permissions(config, apps=apps, verbosity=0)
    config.models_module = None
    permission = apps.get_model("auth", "Permission").objects.get(content_type__app_label="forum", codename="unmask")
    apps.get_model("auth", "Group").objects.get_or_create(name="Moderators")[0].permissions.add(permission)


class Migration(migrations.Migration):
    dependencies = [("forum", "0009_comment_search")]

    operations = [migrations.RunPython(let_them, migrations.RunPython.noop)]
