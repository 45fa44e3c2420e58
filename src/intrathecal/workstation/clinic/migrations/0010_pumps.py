"""What belongs to sending a program: why, beside what it was confirmed, and the record of it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("clinic", "0002_seal")]

    operations = [
        migrations.AddField(
            model_name="program",
            name="why",
            field=models.CharField(blank=True, default="", max_length=300, verbose_name="why it is changed"),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="program",
            name="basis",
            field=models.CharField(
                blank=True, default="", max_length=64, verbose_name="what the pump ran when it was confirmed"
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="program",
            name="record",
            field=models.TextField(blank=True, default="", verbose_name="record"),
            preserve_default=False,
        ),
    ]
