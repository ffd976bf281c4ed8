from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("forum", "0022_sweeps")]

    operations = [
        migrations.AddField("comment", "arrival", models.BigIntegerField(blank=True, editable=False, null=True))
    ]
