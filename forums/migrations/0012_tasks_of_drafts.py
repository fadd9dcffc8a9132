from django.db import migrations

# Every text that can be found, as in the migration `search`; the tasks follow.
BUT_TASKS = r"""
CREATE OR REPLACE FUNCTION forums_searchable() RETURNS TABLE (
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
"""

# Tasks of minutes are the offices' until these go out, and those of internal items stay so.
TASKS = r"""
SELECT 'task', task.id, task.forum_id, item.meeting_id, task.created_on,
    CASE WHEN task.is_internal OR item.is_internal THEN 'offices'
        WHEN item.id IS NOT NULL AND (minutes.state IS NULL OR minutes.state = 'draft') THEN 'offices' ELSE 'inside' END,
    concat_ws(E'\n', task.what, task.note)
FROM forums_actionitem task LEFT JOIN forums_agendaitem item ON item.id = task.item_id
LEFT JOIN forums_minutes minutes ON minutes.meeting_id = item.meeting_id
$body$
"""

BEFORE = r"""
SELECT 'task', task.id, task.forum_id, item.meeting_id, task.created_on,
    CASE WHEN task.is_internal THEN 'offices' ELSE 'inside' END,
    concat_ws(E'\n', task.what, task.note)
FROM forums_actionitem task LEFT JOIN forums_agendaitem item ON item.id = task.item_id
$body$
"""

SHOWN_ANEW = """
UPDATE forums_searchentry entry SET audience = found.audience
FROM forums_searchable() found
WHERE entry.kind = 'task' AND found.kind = 'task' AND found.source_id = entry.source_id
    AND found.audience <> entry.audience
"""


class Migration(migrations.Migration):
    """Tasks are found by members once their minutes went out, and not where their item is internal."""

    dependencies = [
        ("forums", "0011_corrections_stay_unsent"),
    ]

    operations = [
        migrations.RunSQL(migrations.RunSQL.noop, SHOWN_ANEW),
        migrations.RunSQL(BUT_TASKS + TASKS, BUT_TASKS + BEFORE),
        migrations.RunSQL(SHOWN_ANEW, migrations.RunSQL.noop),
    ]
