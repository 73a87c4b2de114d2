"""A baseline is one row a day instead of one a quarter of an hour of the week. What was learnt so far is learnt anew from the samples:
every world that runs is due at once, and each night from then on."""

import django.contrib.postgres.fields
from django.db import migrations, models

FORGET = "DELETE FROM signals_baseline WHERE slot >= 0"
LEARN = """
INSERT INTO engine_timer (world_id, what, ref, due_at, fence, tries)
SELECT w.id, 'signals.learn', w.id, w.world_anchor + (clock_timestamp() - w.wall_anchor) * w.rate, 0, 0
FROM engine_world w WHERE NOT w.paused AND EXISTS (SELECT 1 FROM signals_series k WHERE k.world_id = w.id)
ON CONFLICT (what, ref) DO NOTHING
"""
FORGET_LEARNING = "DELETE FROM engine_timer WHERE what IN ('signals.learn', 'signals.learn_series')"


class Migration(migrations.Migration):

    dependencies = [
        ('engine', '0002_real_world'),
        ('signals', '0003_protocols'),
    ]

    operations = [
        migrations.RunSQL(FORGET, FORGET),
        migrations.AddField(
            model_name='baseline',
            name='far',
            field=models.SmallIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='baseline',
            name='kind',
            field=models.SmallIntegerField(default=0, help_text='signals.domain.calendar.DayKind'),
        ),
        migrations.AddField(
            model_name='baseline',
            name='level',
            field=models.FloatField(default=1.0),
        ),
        migrations.AddField(
            model_name='baseline',
            name='quarters',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.FloatField(null=True), help_text='96 quarters of an hour; null: FLAT serves', null=True, size=None),
        ),
        migrations.AddField(
            model_name='baseline',
            name='ratio',
            field=models.FloatField(null=True),
        ),
        migrations.AddField(
            model_name='baseline',
            name='rests_on',
            field=models.CharField(default='flat', max_length=8),
        ),
        migrations.AddField(
            model_name='baseline',
            name='samples',
            field=models.IntegerField(default=0),
        ),
        migrations.AddField(
            model_name='baseline',
            name='seen',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.FloatField(null=True), help_text='the means of the day that ended', null=True, size=None),
        ),
        migrations.AddField(
            model_name='baseline',
            name='spread',
            field=models.FloatField(null=True),
        ),
        migrations.AddField(
            model_name='baseline',
            name='too_short',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='baseline',
            name='total',
            field=models.FloatField(default=0.0),
        ),
        migrations.AlterField(
            model_name='baseline',
            name='days',
            field=models.SmallIntegerField(help_text='how many days it was learnt from'),
        ),
        migrations.AlterField(
            model_name='baseline',
            name='expected',
            field=models.FloatField(help_text='the mean over the day'),
        ),
        migrations.AlterField(
            model_name='baseline',
            name='slot',
            field=models.IntegerField(),
        ),
        migrations.RunSQL(LEARN, FORGET_LEARNING),
    ]
