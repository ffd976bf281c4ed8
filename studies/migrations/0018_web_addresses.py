from django.db import migrations, models

ON_THE_WEB = "^https?://"
EMPTIED = "UPDATE {table} SET {column} = '' WHERE {column} <> '' AND {column} !~* '^https?://'"
SAID = "Write the whole address, with https:// before it."


def only_on_the_web(model: str, field: str) -> list:
    """An address of another kind was never a link that anybody could follow; it goes before the promise is made."""
    return [
        migrations.RunSQL(EMPTIED.format(table=f"studies_{model}", column=field), migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name=model,
            constraint=models.CheckConstraint(
                condition=models.Q((field, ""), (f"{field}__iregex", ON_THE_WEB), _connector="OR"),
                name=f"{field}_is_on_the_web",
                violation_error_message=SAID,
            ),
        ),
    ]


class Migration(migrations.Migration):
    dependencies = [("studies", "0017_searches_of_everything")]
    operations = [*only_on_the_web("correction", "source"), *only_on_the_web("study", "open_access_url")]
