from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("forum", "0030_merged_threads_found")]

    operations = [migrations.AddField("post", "arrival", models.BigIntegerField(blank=True, editable=False, null=True))]
