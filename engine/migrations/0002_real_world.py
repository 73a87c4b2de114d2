from django.db import migrations


def open_real_world(apps, schema_editor):
    apps.get_model("engine", "World").objects.using(schema_editor.connection.alias).get_or_create(
        key="real", defaults={"kind": "real", "name_zh": "真实", "name_en": "Real"}
    )


def keep(apps, schema_editor):
    """The real world stays: events may stand in it."""


class Migration(migrations.Migration):
    dependencies = [("engine", "0001_first")]
    operations = [migrations.RunPython(open_real_world, keep)]
