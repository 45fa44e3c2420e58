from django.db import migrations


class Migration(migrations.Migration):
    dependencies = (
        ("clinic", "0012_access"),
        ("clinic", "0012_implant"),
        ("clinic", "0012_refill"),
        ("clinic", "0012_visits"),
    )

    operations: tuple[object, ...] = ()
