from django.db import migrations

from common import sealing


def seal_those_that_wait(apps, schema_editor) -> None:
    for audience in apps.get_model("notices", "Audience").objects.iterator():
        if isinstance(audience.values.get("besides"), list):
            audience.values["besides"] = sealing.seal(audience.values["besides"])
            audience.save(update_fields=["values"])


class Migration(migrations.Migration):
    dependencies = [("notices", "0009_mutes_of_thing")]

    operations = [migrations.RunPython(seal_those_that_wait, migrations.RunPython.noop)]
