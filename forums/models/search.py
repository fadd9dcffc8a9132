"""What can be found: the words of agenda items, minutes, decisions, tasks and addenda, ready for PostgreSQL's search.

One row per text, written by triggers from the SQL functions in the migration `search`: `forums_searchable()` says
which texts there are and for whom, `forums_folded()` writes gendered spellings alike, and `forums_query()` reads a
question in the same way. Nothing here is known only here.
"""

import pgtrigger
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.utils.translation import gettext_lazy as _

from forums.querysets import SearchEntryQuerySet


def found_by_search(kinds: str, *columns: str) -> pgtrigger.Trigger:
    """Keep the entries of a row, of these kinds, as its columns are."""
    new, old = (", ".join(f"{row}.{column}" for column in columns) for row in ("NEW", "OLD"))
    return pgtrigger.Trigger(
        name="found_by_search",
        when=pgtrigger.After,
        operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
        func=f"""
            IF TG_OP = 'UPDATE' THEN
                IF ({new}) IS NOT DISTINCT FROM ({old}) THEN RETURN NULL; END IF;
            END IF;
            PERFORM forums_index('{{{kinds}}}', COALESCE(NEW.id, OLD.id));
            RETURN NULL;
        """,
    )


def shown_by_search(
    meeting: str, *columns: str, sends: bool = False, also: pgtrigger.Operation | None = None
) -> pgtrigger.Trigger:
    """Keep the day and the audience of a meeting's entries as the columns make them; `meeting` is its id's column.

    `sends`: with these columns minutes go out. Only then what was corrected since they last did is more than the
    offices'.
    """
    new, old = (", ".join(f"{row}.{column}" for column in columns) for row in ("NEW", "OLD"))
    unsent = "entry.kind IN ('minutes', 'decision') AND entry.audience = 'offices'"
    audience = "found.audience" if sends else f"CASE WHEN {unsent} THEN 'offices' ELSE found.audience END"
    return pgtrigger.Trigger(
        name="shown_by_search",
        when=pgtrigger.After,
        operation=pgtrigger.Update | also if also else pgtrigger.Update,
        func=f"""
            IF TG_OP = 'UPDATE' THEN
                IF ({new}) IS NOT DISTINCT FROM ({old}) THEN RETURN NULL; END IF;
            END IF;
            UPDATE forums_searchentry entry SET day = found.day, audience = {audience}
            FROM forums_searchable() found
            WHERE entry.meeting_id = COALESCE(NEW.{meeting}, OLD.{meeting})
                AND found.meeting_id = COALESCE(NEW.{meeting}, OLD.{meeting})
                AND found.kind = entry.kind AND found.source_id = entry.source_id
                AND (found.day, found.audience) IS DISTINCT FROM (entry.day, entry.audience);
            RETURN NULL;
        """,  # noqa: S608 - columns by name, from this app's models
    )


class SearchEntry(models.Model):
    """One text that can be found; `source_id` is the id of its agenda item, decision, task or addendum, by its kind."""

    class Kind(models.TextChoices):
        AGENDA = "agenda", _("agenda")
        MINUTES = "minutes", _("minutes")
        DECISION = "decision", _("decision")
        TASK = "task", _("task")
        ADDENDUM = "addendum", _("addendum")

    class Audience(models.TextChoices):
        EVERYONE = "everyone", _("everyone, where the forum is public")
        INSIDE = "inside", _("members and towns")
        OFFICES = "offices", _("the offices only")

    kind = models.CharField(max_length=10, choices=Kind)
    source_id = models.BigIntegerField()
    # Derived rows go with what they are made from, by its trigger.
    forum = models.ForeignKey("forums.Forum", models.DO_NOTHING, db_constraint=False, related_name="+", db_index=False)
    meeting = models.ForeignKey(
        "forums.Meeting", models.DO_NOTHING, db_constraint=False, null=True, related_name="+", db_index=False
    )
    day = models.DateField()
    audience = models.CharField(max_length=10, choices=Audience)
    words = SearchVectorField()

    objects = SearchEntryQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["kind", "source_id"], name="forums_searchentry_once")]
        indexes = [
            # Rare words.
            GinIndex(fields=["words"], name="searchentry_words"),
            # Words so frequent that looking from the newest entry back finds enough sooner.
            models.Index(fields=["-day", "-id"], name="searchentry_newest"),
            # Within the forums that somebody is inside of, or has chosen.
            models.Index(fields=["forum", "day"], name="searchentry_of_forum"),
            # The triggers of meetings and minutes.
            models.Index(fields=["meeting"], name="searchentry_of_meeting"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.source_id}"
