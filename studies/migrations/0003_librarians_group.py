"""The Librarians group, with what it may do at the desk: everything about studies, and the vocabulary."""

from django.apps.registry import Apps
from django.contrib.auth.management import create_permissions
from django.db import migrations

MODELS = ("study", "studytext", "summary", "authorship", "author", "journal", "citation")
MAY = (
    ("studies", [f"{verb}_{model}" for model in MODELS for verb in ("view", "add", "change")]
     + ["view_studysource", "view_studychange", "delete_authorship"]),
    ("common", ["view_tag", "add_tag", "change_tag"]),
)  # fmt: skip


def make_group(apps: Apps, schema_editor) -> None:
    # Permissions are made after all migrations; the group needs them now.
    for label, _ in MAY:
        config = apps.get_app_config(label)
        config.models_module = True
        create_permissions(config, apps=apps, verbosity=0)
        config.models_module = None
    group, _ = apps.get_model("auth", "Group").objects.get_or_create(name="Librarians")
    permission = apps.get_model("auth", "Permission")
    for label, codenames in MAY:
        group.permissions.add(*permission.objects.filter(content_type__app_label=label, codename__in=codenames))


def remove_group(apps: Apps, schema_editor) -> None:
    apps.get_model("auth", "Group").objects.filter(name="Librarians").delete()


class Migration(migrations.Migration):
    dependencies = [
        ("studies", "0002_library_desk"),
        ("common", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(make_group, remove_group)]
