import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations

# A row that changes. What is corrected after the minutes went out is the offices' until they go out again. Approved
# minutes are frozen: what changes there is a name that is erased, and whoever found the text finds it still.
INDEX = """
CREATE OR REPLACE FUNCTION forums_index(kinds text[], source bigint) RETURNS void LANGUAGE plpgsql AS $body$
BEGIN
    DELETE FROM forums_searchentry WHERE kind = ANY(kinds) AND source_id = source;
    INSERT INTO forums_searchentry (kind, source_id, forum_id, meeting_id, day, audience, words)
    SELECT kind, source_id, forum_id, found.meeting_id, day,
        CASE WHEN kind IN ('minutes', 'decision') AND minutes.state IS DISTINCT FROM 'approved' THEN 'offices'
            ELSE audience END,
        to_tsvector('german', forums_folded(body))
    FROM forums_searchable() found LEFT JOIN forums_minutes minutes ON minutes.meeting_id = found.meeting_id
    WHERE kind = ANY(kinds) AND source_id = source;
END;
$body$
"""

BEFORE = """
CREATE OR REPLACE FUNCTION forums_index(kinds text[], source bigint) RETURNS void LANGUAGE plpgsql AS $body$
BEGIN
    DELETE FROM forums_searchentry WHERE kind = ANY(kinds) AND source_id = source;
    INSERT INTO forums_searchentry (kind, source_id, forum_id, meeting_id, day, audience, words)
    SELECT kind, source_id, forum_id, meeting_id, day,
        CASE WHEN kind IN ('minutes', 'decision') THEN 'offices' ELSE audience END,
        to_tsvector('german', forums_folded(body))
    FROM forums_searchable() WHERE kind = ANY(kinds) AND source_id = source;
END;
$body$
"""

# What an erased name took from its readers.
FOUND_AGAIN = """
UPDATE forums_searchentry entry SET audience = found.audience
FROM forums_searchable() found JOIN forums_minutes minutes ON minutes.meeting_id = found.meeting_id
WHERE found.kind = entry.kind AND found.source_id = entry.source_id AND minutes.state = 'approved'
    AND found.audience <> entry.audience
"""


class Migration(migrations.Migration):
    """Corrections stay with the offices until minutes go out; an erased name takes approved minutes from nobody."""

    dependencies = [
        ("forums", "0010_quick_lists"),
    ]

    operations = [
        migrations.RunSQL(INDEX, BEFORE),
        migrations.RunSQL(FOUND_AGAIN, migrations.RunSQL.noop),
        pgtrigger.migrations.RemoveTrigger(
            model_name="agendaitem",
            name="shown_by_search",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="decision",
            name="found_by_search",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="meeting",
            name="shown_by_search",
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="agendaitem",
            trigger=pgtrigger.compiler.Trigger(
                name="shown_by_search",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            IF TG_OP = 'UPDATE' THEN\n                IF (NEW.is_internal) IS NOT DISTINCT FROM (OLD.is_internal) THEN RETURN NULL; END IF;\n            END IF;\n            UPDATE forums_searchentry entry SET day = found.day, audience = CASE WHEN entry.kind IN ('minutes', 'decision') AND entry.audience = 'offices' THEN 'offices' ELSE found.audience END\n            FROM forums_searchable() found\n            WHERE entry.meeting_id = COALESCE(NEW.meeting_id, OLD.meeting_id)\n                AND found.meeting_id = COALESCE(NEW.meeting_id, OLD.meeting_id)\n                AND found.kind = entry.kind AND found.source_id = entry.source_id\n                AND (found.day, found.audience) IS DISTINCT FROM (entry.day, entry.audience);\n            RETURN NULL;\n        ",
                    hash="428c576f4dc9abd134b2b8a77d87efcba77a9886",
                    operation="UPDATE",
                    pgid="pgtrigger_shown_by_search_fb6ca",
                    table="forums_agendaitem",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="decision",
            trigger=pgtrigger.compiler.Trigger(
                name="found_by_search",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            IF TG_OP = 'UPDATE' THEN\n                IF (NEW.wording, NEW.number, NEW.votes_for, NEW.votes_against, NEW.abstentions) IS NOT DISTINCT FROM (OLD.wording, OLD.number, OLD.votes_for, OLD.votes_against, OLD.abstentions) THEN RETURN NULL; END IF;\n            END IF;\n            PERFORM forums_index('{decision}', COALESCE(NEW.id, OLD.id));\n            RETURN NULL;\n        ",
                    hash="1e118986e7b6e1dd27296459f365b61593c60f97",
                    operation="INSERT OR UPDATE OR DELETE",
                    pgid="pgtrigger_found_by_search_7253f",
                    table="forums_decision",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="meeting",
            trigger=pgtrigger.compiler.Trigger(
                name="shown_by_search",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            IF TG_OP = 'UPDATE' THEN\n                IF (NEW.state, NEW.starts_at) IS NOT DISTINCT FROM (OLD.state, OLD.starts_at) THEN RETURN NULL; END IF;\n            END IF;\n            UPDATE forums_searchentry entry SET day = found.day, audience = CASE WHEN entry.kind IN ('minutes', 'decision') AND entry.audience = 'offices' THEN 'offices' ELSE found.audience END\n            FROM forums_searchable() found\n            WHERE entry.meeting_id = COALESCE(NEW.id, OLD.id)\n                AND found.meeting_id = COALESCE(NEW.id, OLD.id)\n                AND found.kind = entry.kind AND found.source_id = entry.source_id\n                AND (found.day, found.audience) IS DISTINCT FROM (entry.day, entry.audience);\n            RETURN NULL;\n        ",
                    hash="125caad32179822da03b0e56d465addfd4d57a75",
                    operation="UPDATE",
                    pgid="pgtrigger_shown_by_search_ed225",
                    table="forums_meeting",
                    when="AFTER",
                ),
            ),
        ),
    ]
