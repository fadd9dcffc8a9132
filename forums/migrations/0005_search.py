import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

# Gendered spellings written alike: Migrant_innen, Migrant*innen, Migrant:innen, Migrant/-innen, Migrant(inn)en,
# MigrantInnen and Migrantinnen become Migranten, and -en is what the stemmer takes from Lehreren as from Lotsen.
# Whitespace stays as it is: `forums.highlights` counts on it.
# Plain patterns on purpose: looking behind, or for as few letters as possible, takes ten times as long. What only looks
# gendered (gewinnen, beginnen, besinnen, Schwerin) is set aside by a sign that no text holds.
FOLDED = r"""
CREATE FUNCTION forums_folded(text text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $body$
SELECT translate(
    regexp_replace(regexp_replace(regexp_replace(
    regexp_replace(regexp_replace(regexp_replace(regexp_replace(
    $1,
    '([[:alpha:]])\(-?inn?(?:en)?\)', '\1', 'gi'),
    '([[:alpha:]])[*_:·/]-?in(?:nen)?\M', '\1en', 'gi'),
    '([[:alpha:]])[*_:·/]-?in(nen)', '\1in\2', 'gi'),
    '([[:lower:]])In(nen)?(?![[:upper:]])', '\1in\2', 'g'),
    '(gew|beg|bes|schwer)in(nen)?\M', E'\\1\x01n\\2', 'gi'),
    '(\w\w\w)innen\M', '\1en', 'gi'),
    '(\w\w\w(?:er|ant|ent|ist|log|eur|or|at))in\M', '\1en', 'gi'),
    E'\x01', 'i')
$body$
"""

# A question: every word of it, of the last one also the beginning.
QUERY = r"""
CREATE FUNCTION forums_query(text text) RETURNS tsquery LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $body$
DECLARE
    words text[] := regexp_split_to_array(btrim(forums_folded($1)), '\s+');
    last text := words[array_upper(words, 1)];
    beginning tsquery := to_tsquery('german', '''' || replace(replace(last, '\', '\\'), '''', '''''') || ''':*');
BEGIN
    RETURN plainto_tsquery('german', array_to_string(words[: array_upper(words, 1) - 1], ' ')) && beginning;
END;
$body$
"""

# Every text that can be found, its day in Berlin, and the widest circle that may read it: everyone where the forum is
# public, those inside, or the offices alone.
SEARCHABLE = r"""
CREATE FUNCTION forums_searchable() RETURNS TABLE (
    kind text, source_id bigint, forum_id bigint, meeting_id bigint, day date, audience text, body text
) LANGUAGE sql STABLE AS $body$
SELECT 'agenda', item.id, meeting.forum_id, meeting.id, (meeting.starts_at AT TIME ZONE 'Europe/Berlin')::date,
    CASE WHEN item.is_internal OR meeting.state = 'draft' THEN 'offices' ELSE 'everyone' END,
    concat_ws(E'\n', item.title, item.text)
FROM forums_agendaitem item JOIN forums_meeting meeting ON meeting.id = item.meeting_id
UNION ALL
SELECT 'minutes', item.id, meeting.forum_id, meeting.id, (meeting.starts_at AT TIME ZONE 'Europe/Berlin')::date,
    CASE WHEN item.is_internal OR minutes.state IS NULL OR minutes.state = 'draft' THEN 'offices'
        WHEN minutes.state = 'approved' AND minutes.released_at IS NOT NULL THEN 'everyone' ELSE 'inside' END,
    item.result
FROM forums_agendaitem item JOIN forums_meeting meeting ON meeting.id = item.meeting_id
LEFT JOIN forums_minutes minutes ON minutes.meeting_id = meeting.id
WHERE item.result <> ''
UNION ALL
SELECT 'decision', decision.id, meeting.forum_id, meeting.id, (meeting.starts_at AT TIME ZONE 'Europe/Berlin')::date,
    CASE WHEN item.is_internal OR meeting.state = 'draft' OR decision.number IS NULL THEN 'offices'
        WHEN minutes.state = 'approved' AND minutes.released_at IS NOT NULL THEN 'everyone' ELSE 'inside' END,
    decision.wording
FROM forums_decision decision JOIN forums_agendaitem item ON item.id = decision.item_id
JOIN forums_meeting meeting ON meeting.id = item.meeting_id
LEFT JOIN forums_minutes minutes ON minutes.meeting_id = meeting.id
UNION ALL
SELECT 'task', task.id, task.forum_id, item.meeting_id, task.created_on,
    CASE WHEN task.is_internal THEN 'offices' ELSE 'inside' END,
    concat_ws(E'\n', task.what, task.note)
FROM forums_actionitem task LEFT JOIN forums_agendaitem item ON item.id = task.item_id
$body$
"""

ENTER = """
INSERT INTO forums_searchentry (kind, source_id, forum_id, meeting_id, day, audience, words)
SELECT kind, source_id, forum_id, meeting_id, day, audience, to_tsvector('german', forums_folded(body))
FROM forums_searchable()
"""

# A row that changes. What is corrected after the minutes went out is the offices' until they go out again.
INDEX = """
CREATE FUNCTION forums_index(kinds text[], source bigint) RETURNS void LANGUAGE plpgsql AS $body$
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

FUNCTIONS = (
    (FOLDED, "DROP FUNCTION forums_folded(text)"),
    (QUERY, "DROP FUNCTION forums_query(text)"),
    (SEARCHABLE, "DROP FUNCTION forums_searchable()"),
    (INDEX, "DROP FUNCTION forums_index(text[], bigint)"),
)


class Migration(migrations.Migration):
    """The search: its entries, what they are made of, and the triggers that keep them; entries of what is there."""

    dependencies = [
        ("forums", "0004_plan_meetings"),
    ]

    operations = [
        *(migrations.RunSQL(*both) for both in FUNCTIONS),
        migrations.CreateModel(
            name="SearchEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("agenda", "agenda"),
                            ("minutes", "minutes"),
                            ("decision", "decision"),
                            ("task", "task"),
                        ],
                        max_length=10,
                    ),
                ),
                ("source_id", models.BigIntegerField()),
                ("day", models.DateField()),
                (
                    "audience",
                    models.CharField(
                        choices=[
                            ("everyone", "everyone, where the forum is public"),
                            ("inside", "members and towns"),
                            ("offices", "the offices only"),
                        ],
                        max_length=10,
                    ),
                ),
                ("words", django.contrib.postgres.search.SearchVectorField()),
            ],
            options={
                "default_permissions": (),
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="actionitem",
            trigger=pgtrigger.compiler.Trigger(
                name="found_by_search",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            IF TG_OP = 'UPDATE' THEN\n                IF (NEW.what, NEW.note, NEW.is_internal, NEW.item_id, NEW.created_on) IS NOT DISTINCT FROM (OLD.what, OLD.note, OLD.is_internal, OLD.item_id, OLD.created_on) THEN RETURN NULL; END IF;\n            END IF;\n            PERFORM forums_index('{task}', COALESCE(NEW.id, OLD.id));\n            RETURN NULL;\n        ",
                    hash="aad7a8376fcb437410d63e4759fca5ceb7faed64",
                    operation="INSERT OR UPDATE OR DELETE",
                    pgid="pgtrigger_found_by_search_885b4",
                    table="forums_actionitem",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="agendaitem",
            trigger=pgtrigger.compiler.Trigger(
                name="found_by_search",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            IF TG_OP = 'UPDATE' THEN\n                IF (NEW.title, NEW.text, NEW.result, NEW.is_internal) IS NOT DISTINCT FROM (OLD.title, OLD.text, OLD.result, OLD.is_internal) THEN RETURN NULL; END IF;\n            END IF;\n            PERFORM forums_index('{agenda, minutes}', COALESCE(NEW.id, OLD.id));\n            RETURN NULL;\n        ",
                    hash="68bdfcdc2cdccf26fda2885af67e718a409f8c2e",
                    operation="INSERT OR UPDATE OR DELETE",
                    pgid="pgtrigger_found_by_search_0908e",
                    table="forums_agendaitem",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="agendaitem",
            trigger=pgtrigger.compiler.Trigger(
                name="shown_by_search",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            IF TG_OP = 'UPDATE' THEN\n                IF (NEW.is_internal) IS NOT DISTINCT FROM (OLD.is_internal) THEN RETURN NULL; END IF;\n            END IF;\n            UPDATE forums_searchentry entry SET day = found.day, audience = found.audience\n            FROM forums_searchable() found\n            WHERE entry.meeting_id = COALESCE(NEW.meeting_id, OLD.meeting_id)\n                AND found.meeting_id = COALESCE(NEW.meeting_id, OLD.meeting_id)\n                AND found.kind = entry.kind AND found.source_id = entry.source_id\n                AND (found.day, found.audience) IS DISTINCT FROM (entry.day, entry.audience);\n            RETURN NULL;\n        ",
                    hash="4d96bac2a3775ef13d40faa1b9435f6a6181b0e7",
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
                    func="\n            IF TG_OP = 'UPDATE' THEN\n                IF (NEW.wording, NEW.number) IS NOT DISTINCT FROM (OLD.wording, OLD.number) THEN RETURN NULL; END IF;\n            END IF;\n            PERFORM forums_index('{decision}', COALESCE(NEW.id, OLD.id));\n            RETURN NULL;\n        ",
                    hash="78b63a155bdb382c06db1b3d2ff8ddb8465b7802",
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
                    func="\n            IF TG_OP = 'UPDATE' THEN\n                IF (NEW.state, NEW.starts_at) IS NOT DISTINCT FROM (OLD.state, OLD.starts_at) THEN RETURN NULL; END IF;\n            END IF;\n            UPDATE forums_searchentry entry SET day = found.day, audience = found.audience\n            FROM forums_searchable() found\n            WHERE entry.meeting_id = COALESCE(NEW.id, OLD.id)\n                AND found.meeting_id = COALESCE(NEW.id, OLD.id)\n                AND found.kind = entry.kind AND found.source_id = entry.source_id\n                AND (found.day, found.audience) IS DISTINCT FROM (entry.day, entry.audience);\n            RETURN NULL;\n        ",
                    hash="39c2add5d97484dbc3349230326a6c53a20b8761",
                    operation="UPDATE",
                    pgid="pgtrigger_shown_by_search_ed225",
                    table="forums_meeting",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="minutes",
            trigger=pgtrigger.compiler.Trigger(
                name="shown_by_search",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            IF TG_OP = 'UPDATE' THEN\n                IF (NEW.state, NEW.released_at) IS NOT DISTINCT FROM (OLD.state, OLD.released_at) THEN RETURN NULL; END IF;\n            END IF;\n            UPDATE forums_searchentry entry SET day = found.day, audience = found.audience\n            FROM forums_searchable() found\n            WHERE entry.meeting_id = COALESCE(NEW.meeting_id, OLD.meeting_id)\n                AND found.meeting_id = COALESCE(NEW.meeting_id, OLD.meeting_id)\n                AND found.kind = entry.kind AND found.source_id = entry.source_id\n                AND (found.day, found.audience) IS DISTINCT FROM (entry.day, entry.audience);\n            RETURN NULL;\n        ",
                    hash="2fc23c0f57358b6562199d480c23866d25f484c2",
                    operation="UPDATE OR INSERT OR DELETE",
                    pgid="pgtrigger_shown_by_search_cf726",
                    table="forums_minutes",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddField(
            model_name="searchentry",
            name="forum",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="forums.forum",
            ),
        ),
        migrations.AddField(
            model_name="searchentry",
            name="meeting",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="forums.meeting",
            ),
        ),
        # Before the indexes: filling a GIN index row by row takes many times as long.
        migrations.RunSQL(ENTER, migrations.RunSQL.noop),
        migrations.AddIndex(
            model_name="searchentry",
            index=django.contrib.postgres.indexes.GinIndex(fields=["words"], name="searchentry_words"),
        ),
        migrations.AddIndex(
            model_name="searchentry",
            index=models.Index(fields=["-day", "-id"], name="searchentry_newest"),
        ),
        migrations.AddIndex(
            model_name="searchentry",
            index=models.Index(fields=["forum", "day"], name="searchentry_of_forum"),
        ),
        migrations.AddIndex(
            model_name="searchentry",
            index=models.Index(fields=["meeting"], name="searchentry_of_meeting"),
        ),
        migrations.AddConstraint(
            model_name="searchentry",
            constraint=models.UniqueConstraint(fields=("kind", "source_id"), name="forums_searchentry_once"),
        ),
    ]
