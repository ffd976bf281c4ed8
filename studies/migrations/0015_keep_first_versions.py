"""What stands in the library when versions begin: each summary's first version, and reviewers as members."""

from django.apps.registry import Apps
from django.contrib.auth.management import create_permissions
from django.db import migrations

LOOK_AT = (
    "summaryversion", "summaryproposal", "errorreport", "studysuggestion", "correction",
)  # fmt: skip

REVIEWERS = """
    UPDATE studies_summary s SET reviewer_id = m.id, reviewer_name = ''
    FROM accounts_member m WHERE upper(m.username) = upper(s.reviewer_name) AND s.reviewed_on IS NOT NULL
"""
VERSIONS = """
    INSERT INTO studies_summaryversion (study_id, number, tldr, body, writer_kind, writer_id, writer_name, written_on,
        editor_id, reviewer_id, reviewer_name, reviewed_on, reason, accepted, saved_at)
    SELECT study_id, version, tldr, body, writer_kind, writer_id, writer_name, written_on,
        editor_id, reviewer_id, reviewer_name, reviewed_on, '', '[]', written_on
    FROM studies_summary
    ON CONFLICT DO NOTHING
"""


def let_librarians_look(apps: Apps, schema_editor) -> None:
    config = apps.get_app_config("studies")
    config.models_module = True
    create_permissions(config, apps=apps, verbosity=0)
    config.models_module = None
    group, _ = apps.get_model("auth", "Group").objects.get_or_create(name="Librarians")
    codenames = [f"view_{model}" for model in LOOK_AT]
    permissions = apps.get_model("auth", "Permission").objects
    group.permissions.add(*permissions.filter(content_type__app_label="studies", codename__in=codenames))


class Migration(migrations.Migration):
    dependencies = [
        ("studies", "0014_summary_versions"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        migrations.RunSQL(REVIEWERS, migrations.RunSQL.noop),
        migrations.RunSQL(VERSIONS, migrations.RunSQL.noop),
        migrations.RunPython(let_librarians_look, migrations.RunPython.noop),
    ]
