"""Who has to choose a password of their own."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """One more column."""

    dependencies = (("clinic", "0011_joined"),)

    operations = (
        migrations.AddField(
            model_name="user",
            name="must_change_password",
            field=models.BooleanField(default=False, verbose_name="has to choose a new password"),
        ),
    )
