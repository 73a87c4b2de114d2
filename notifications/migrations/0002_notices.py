# Notices (clause 3.4)

import django.contrib.postgres.fields
import django.db.models.deletion
import notifications.domain.notices
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('engine', '0002_real_world'),
        ('incidents', '0001_first'),
        ('notifications', '0001_first'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Notice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('impact', 'Impact statement'), ('update', 'Recovery update'), ('regulator', 'Notice to the regulator'), ('holding', 'Holding statement')], max_length=9)),
                ('state', models.CharField(choices=[('draft', 'Draft'), ('in_review', 'With legal'), ('approved', 'Approved by legal'), ('published', 'Published'), ('withdrawn', 'Withdrawn')], default='draft', max_length=9)),
                ('text_zh', models.TextField()),
                ('text_en', models.TextField()),
                ('revision', models.IntegerField(default=1)),
                ('content_hash', models.CharField(max_length=64)),
                ('writers', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None)),
                ('drafted_at', models.DateTimeField(help_text='world time')),
                ('edited_at', models.DateTimeField(help_text='world time')),
                ('submitted_at', models.DateTimeField(help_text='world time', null=True)),
                ('approved_at', models.DateTimeField(help_text='world time', null=True)),
                ('approved_revision', models.IntegerField(default=0)),
                ('approved_hash', models.CharField(blank=True, max_length=64)),
                ('opinion', models.TextField(blank=True, help_text="legal's; needed where a regulator is concerned")),
                ('returned_at', models.DateTimeField(help_text='world time', null=True)),
                ('returned_why', models.TextField(blank=True)),
                ('published_at', models.DateTimeField(help_text='world time', null=True)),
                ('withdrawn_at', models.DateTimeField(help_text='world time', null=True)),
                ('withdrawn_why', models.TextField(blank=True)),
                ('approved_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('drafted_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('edited_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('incident', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='notices', to='incidents.incident')),
                ('published_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('returned_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('submitted_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('withdrawn_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('world', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='engine.world')),
            ],
            options={
                'indexes': [models.Index(fields=['world', '-id'], name='notice_newest'), models.Index(condition=models.Q(('state', 'published')), fields=['world', '-published_at'], name='notice_public')],
                'constraints': [models.CheckConstraint(condition=models.Q(('kind__in', [notifications.domain.notices.Kind['HOLDING'], notifications.domain.notices.Kind['IMPACT'], notifications.domain.notices.Kind['REGULATOR'], notifications.domain.notices.Kind['UPDATE']])), name='notice_kind_known'), models.CheckConstraint(condition=models.Q(('state__in', [notifications.domain.notices.State['APPROVED'], notifications.domain.notices.State['DRAFT'], notifications.domain.notices.State['IN_REVIEW'], notifications.domain.notices.State['PUBLISHED'], notifications.domain.notices.State['WITHDRAWN']])), name='notice_state_known'), models.CheckConstraint(condition=models.Q(('writers__contains', [models.F('drafted_by')]), ('writers__contains', [models.F('edited_by')])), name='notice_writers_are_known'), models.CheckConstraint(condition=models.Q(models.Q(('approved_by', None), models.Q(('writers__contains', [models.F('approved_by')]), _negated=True), _connector='OR'), models.Q(('published_by', None), models.Q(('writers__contains', [models.F('published_by')]), _negated=True), _connector='OR'), models.Q(('approved_by', None), ('published_by', None), models.Q(('approved_by', models.F('published_by')), _negated=True), _connector='OR')), name='notice_three_people'), models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['approved', 'published']), _negated=True), models.Q(('approved_at__isnull', False), ('approved_by__isnull', False), ('approved_hash', models.F('content_hash')), ('approved_revision', models.F('revision'))), _connector='OR'), name='notice_approved_is_this_text'), models.CheckConstraint(condition=models.Q(models.Q(('kind', 'regulator'), _negated=True), models.Q(('state__in', ['approved', 'published']), _negated=True), models.Q(('opinion', ''), _negated=True), _connector='OR'), name='notice_regulator_has_opinion'), models.CheckConstraint(condition=models.Q(models.Q(('published_at__isnull', False), ('published_by__isnull', False), ('state', 'published')), models.Q(('published_at', None), ('published_by', None), ('state__in', ['draft', 'in_review', 'approved'])), models.Q(('state', 'withdrawn'), ('withdrawn_at__isnull', False), ('withdrawn_by__isnull', False), models.Q(('withdrawn_why', ''), _negated=True)), _connector='OR'), name='notice_published_whole'), models.CheckConstraint(condition=models.Q(('revision__gte', 1)), name='notice_revision_counts')],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='notice',
            trigger=pgtrigger.compiler.Trigger(name='notice_moves', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE _is_valid_transition BOOLEAN;', func='SELECT CONCAT(OLD."state", \':\', NEW."state") = ANY(\'{approved:draft,approved:published,approved:withdrawn,draft:in_review,draft:withdrawn,in_review:approved,in_review:draft,in_review:withdrawn,published:withdrawn}\'::text[]) INTO _is_valid_transition; IF (_is_valid_transition IS FALSE AND OLD."state" IS DISTINCT FROM NEW."state") THEN RAISE EXCEPTION \'pgtrigger: Invalid transition of field "state" from "%" to "%" on table %\', OLD."state", NEW."state", TG_TABLE_NAME; ELSE RETURN NEW; END IF;', hash='b0c8cd04a0a11ff87bb836bcce8317439e350a7b', operation='UPDATE', pgid='pgtrigger_notice_moves_b64a9', table='notifications_notice', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='notice',
            trigger=pgtrigger.compiler.Trigger(name='notice_begins_as_draft', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (NOT (NEW."state" = \'draft\'))', func="RAISE EXCEPTION 'a notice cannot begin as %', NEW.state;", hash='e620c378d88db2f37466464ab834b812baa9d7fc', operation='INSERT', pgid='pgtrigger_notice_begins_as_draft_49e44', table='notifications_notice', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='notice',
            trigger=pgtrigger.compiler.Trigger(name='notice_guard', sql=pgtrigger.compiler.UpsertTriggerSql(func="IF (NEW.text_zh, NEW.text_en) IS DISTINCT FROM (OLD.text_zh, OLD.text_en)\n   AND (NEW.state <> 'draft' OR NEW.revision <= OLD.revision) THEN\n    RAISE EXCEPTION 'a changed text is a draft of a new revision';\nEND IF;\nIF NOT NEW.writers @> OLD.writers THEN\n    RAISE EXCEPTION 'who wrote a notice is never forgotten';\nEND IF;\nIF OLD.published_at IS NOT NULL AND\n   (NEW.published_at, NEW.published_by_id, NEW.approved_by_id, NEW.approved_hash, NEW.incident_id)\n   IS DISTINCT FROM (OLD.published_at, OLD.published_by_id, OLD.approved_by_id, OLD.approved_hash, OLD.incident_id) THEN\n    RAISE EXCEPTION 'what was published stays on record';\nEND IF;\nRETURN NEW;", hash='c2a9a688efb8b9c57264ed3f93f35d8cc3227ac8', operation='UPDATE', pgid='pgtrigger_notice_guard_7715a', table='notifications_notice', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='notice',
            trigger=pgtrigger.compiler.Trigger(name='notice_stays', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;", hash='cc1659e60b05749f6092777a06d344a64b4ece5a', operation='DELETE', pgid='pgtrigger_notice_stays_8172d', table='notifications_notice', when='BEFORE')),
        ),
    ]
