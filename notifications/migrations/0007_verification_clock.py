from django.db import migrations

# Where a plan is in force already, no event comes that would set the clock of the first round: it runs from the upgrade, by the
# interval of the shipped plan. When it fires, the interval of the plan then in force decides.
SET = """
INSERT INTO engine_timer (world_id, what, ref, due_at, fence, tries)
SELECT w.id, 'notifications.verify', w.id, w.world_anchor + (clock_timestamp() - w.wall_anchor) + interval '3 months', 0, 0
FROM engine_world w
WHERE w.key = 'real' AND EXISTS (SELECT 1 FROM plans_planversion WHERE status = 'in_force')
ON CONFLICT (what, ref) DO NOTHING
"""


class Migration(migrations.Migration):
    dependencies = [
        ("notifications", "0006_contact_verification"),
        ("engine", "0003_pulses"),
        ("plans", "0002_versions"),
    ]

    operations = [migrations.RunSQL(SET, "DELETE FROM engine_timer WHERE what = 'notifications.verify'")]
