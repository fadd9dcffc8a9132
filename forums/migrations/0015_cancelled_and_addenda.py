from importlib import import_module

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

earlier = import_module("forums.migrations.0012_tasks_of_drafts")
BEFORE = earlier.BUT_TASKS + earlier.TASKS
END = "$body$\n"

# Addenda to approved minutes are read inside, on the page of the minutes; they are found by the meeting's day.
ADDENDA = """
UNION ALL
SELECT 'addendum', addendum.id, meeting.forum_id, meeting.id, (meeting.starts_at AT TIME ZONE 'Europe/Berlin')::date,
    'inside', addendum.text
FROM forums_addendum addendum JOIN forums_minutes minutes ON minutes.id = addendum.minutes_id
JOIN forums_meeting meeting ON meeting.id = minutes.meeting_id
"""

ENTER = """
INSERT INTO forums_searchentry (kind, source_id, forum_id, meeting_id, day, audience, words)
SELECT kind, source_id, forum_id, meeting_id, day, audience, to_tsvector('german', forums_folded(body))
FROM forums_searchable() WHERE kind = 'addendum'
"""


class Migration(migrations.Migration):
    """Cancelled meetings take no decisions, presence or tasks either; the search finds addenda."""

    dependencies = [
        ("forums", "0014_guests_of_one_meeting"),
    ]

    operations = [
        migrations.RunSQL(BEFORE.removesuffix(END) + ADDENDA + END, BEFORE),
        migrations.RunSQL(ENTER, "DELETE FROM forums_searchentry WHERE kind = 'addendum'"),
        pgtrigger.migrations.RemoveTrigger(
            model_name="agendaitem",
            name="called_off",
        ),
        migrations.AlterField(
            model_name="searchentry",
            name="kind",
            field=models.CharField(
                choices=[
                    ("agenda", "agenda"),
                    ("minutes", "minutes"),
                    ("decision", "decision"),
                    ("task", "task"),
                    ("addendum", "addendum"),
                ],
                max_length=10,
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="actionitem",
            trigger=pgtrigger.compiler.Trigger(
                name="called_off",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="IF NEW.item_id IS DISTINCT FROM OLD.item_id AND EXISTS (SELECT FROM forums_meeting WHERE id = (SELECT meeting_id FROM forums_agendaitem WHERE id = NEW.item_id) AND state = 'cancelled') THEN RAISE check_violation USING MESSAGE = 'forums_actionitem_called_off', CONSTRAINT = 'forums_actionitem_called_off'; END IF; RETURN COALESCE(NEW, OLD);",
                    hash="c739853c6270028e30128f16970d50770cc1c58c",
                    operation="INSERT OR UPDATE",
                    pgid="pgtrigger_called_off_daa87",
                    table="forums_actionitem",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="addendum",
            trigger=pgtrigger.compiler.Trigger(
                name="found_by_search",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            IF TG_OP = 'UPDATE' THEN\n                IF (NEW.text) IS NOT DISTINCT FROM (OLD.text) THEN RETURN NULL; END IF;\n            END IF;\n            PERFORM forums_index('{addendum}', COALESCE(NEW.id, OLD.id));\n            RETURN NULL;\n        ",
                    hash="3564bb26989d38f0217682de9cf6e23f34c8d0a2",
                    operation="INSERT OR UPDATE OR DELETE",
                    pgid="pgtrigger_found_by_search_55609",
                    table="forums_addendum",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="agendaitem",
            trigger=pgtrigger.compiler.Trigger(
                name="called_off",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="IF NEW.result <> '' AND NEW.result IS DISTINCT FROM OLD.result AND EXISTS (SELECT FROM forums_meeting WHERE id = NEW.meeting_id AND state = 'cancelled') THEN RAISE check_violation USING MESSAGE = 'forums_agendaitem_called_off', CONSTRAINT = 'forums_agendaitem_called_off'; END IF; RETURN COALESCE(NEW, OLD);",
                    hash="5e8fbbe7b2ab75a060335ae2ec235e0b1bc548d1",
                    operation="INSERT OR UPDATE",
                    pgid="pgtrigger_called_off_71b76",
                    table="forums_agendaitem",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="attendance",
            trigger=pgtrigger.compiler.Trigger(
                name="called_off",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="IF NEW.presence <> '' AND NEW.presence IS DISTINCT FROM OLD.presence AND EXISTS (SELECT FROM forums_meeting WHERE id = NEW.meeting_id AND state = 'cancelled') THEN RAISE check_violation USING MESSAGE = 'forums_attendance_called_off', CONSTRAINT = 'forums_attendance_called_off'; END IF; RETURN COALESCE(NEW, OLD);",
                    hash="eff5810bf0364359ecfff9c67a5d4f26c616e973",
                    operation="INSERT OR UPDATE",
                    pgid="pgtrigger_called_off_8c5e2",
                    table="forums_attendance",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="decision",
            trigger=pgtrigger.compiler.Trigger(
                name="called_off",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="IF (NEW.wording, NEW.votes_for, NEW.votes_against, NEW.abstentions) IS DISTINCT FROM (OLD.wording, OLD.votes_for, OLD.votes_against, OLD.abstentions) AND EXISTS (SELECT FROM forums_meeting WHERE id = (SELECT meeting_id FROM forums_agendaitem WHERE id = NEW.item_id) AND state = 'cancelled') THEN RAISE check_violation USING MESSAGE = 'forums_decision_called_off', CONSTRAINT = 'forums_decision_called_off'; END IF; RETURN COALESCE(NEW, OLD);",
                    hash="861cc405e6c920dc257344a160165b77168e64c4",
                    operation="INSERT OR UPDATE",
                    pgid="pgtrigger_called_off_7465d",
                    table="forums_decision",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="document",
            trigger=pgtrigger.compiler.Trigger(
                name="internal_stays",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n                    IF NEW.item_id IS NULL\n                        AND EXISTS (SELECT FROM forums_agendaitem WHERE id = OLD.item_id AND is_internal) THEN\n                        NEW.audience = 'offices';\n                    END IF;\n                    RETURN NEW;\n                ",
                    hash="09c4430c89167195efc308e336819cd5a6bd6c22",
                    operation='UPDATE OF "item_id"',
                    pgid="pgtrigger_internal_stays_d70ef",
                    table="forums_document",
                    when="BEFORE",
                ),
            ),
        ),
    ]
