"""Forums at work: 2,000 forums, 60,000 meetings, 600,000 agenda items and attendances, minutes, decisions and tasks.

The same every time but for what the database draws by `random()`, counted from the given day. Everyone in it is
invented. Triggers are set aside while it is built (`session_replication_role`): no history is written, no version
raised, no promise checked; the search's entries are made by the statement of its migration afterwards.
"""

import datetime
import random
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import connection, models
from django.db.models import NOT_PROVIDED
from django.utils import timezone

from accounts.models import User
from common.periods import ONE_DAY, period
from common.sort_keys import sort_key
from contacts.models import MunicipalStaff, Office, OfficeArea, Person
from forums.models import (
    ActionItem,
    AgendaItem,
    Attendance,
    Decision,
    Document,
    Forum,
    ForumPartner,
    ForumTown,
    Meeting,
    Membership,
    Minutes,
    SearchEntry,
    Topic,
)
from municipalities.models import Municipality

SEED = 20261128
FORUMS, MEETINGS, ITEMS, MEMBERS, ATTENDANCES = 2_000, 30, 10, 12, 10  # all but the first are for each
HELD = 27  # of the meetings of a forum; of the others one is invited, one planned, one a draft
EVERY = 40  # days between two meetings
FED = 200  # meetings of the forum whose feed is measured
PASSAGES = 5_000

KINDS = Forum.Kind.values
BEGINNINGS = [
    "Sprach", "Wohn", "Bildungs", "Integrations", "Ehrenamts", "Gesundheits", "Kultur", "Sport", "Berufs",
    "Familien", "Jugend", "Frauen", "Nachbarschafts", "Stadtteil", "Schul", "Förder", "Beratungs",
    "Begegnungs", "Willkommens", "Netzwerk"
]  # fmt: skip
ENDINGS = [
    "kurs", "raum", "angebot", "projekt", "konzept", "bericht", "treffen", "beauftragte", "stelle", "mittel",
    "bedarf", "plan", "tag", "woche", "fest", "gruppe", "austausch", "beratung", "planung", "messe"
]  # fmt: skip
COMMON = [
    "Integration", "Kommune", "Abstimmung", "Rathaus", "Termin", "Ergebnis", "Anfrage", "Arbeitskreis",
    "Verein", "Träger", "Vorschlag", "Herbst", "Frühjahr", "Beteiligung", "Umsetzung", "Finanzierung",
    "Stadt", "Gemeinde", "Kreis", "Beispiel"
]  # fmt: skip
PEOPLE = ["Migrant*innen", "Migrant_innen", "Migrant:innen", "MigrantInnen", "Migrantinnen und Migranten",
          "Ehrenamtliche", "Lehrer*innen", "Ansprechpersonen", "Kolleg:innen", "Bürgerinnen und Bürger"]  # fmt: skip
VERBS = [
    "bespricht",
    "plant",
    "prüft",
    "empfiehlt",
    "unterstützt",
    "begrüßt",
    "sammelt",
    "vertagt",
    "ergänzt",
    "wünscht",
]


def build(on: datetime.date) -> None:
    """Needs the data set of the contacts."""
    chance = random.Random(SEED)
    with without_triggers():
        _build_forums(chance, on)
        _build_people_who_look(on)
        _build_meetings(on)
        _build_contents(chance, on)
    # Filled row by row, the index of all words would take longer than all else.
    [of_words] = [index for index in SearchEntry._meta.indexes if index.name == "searchentry_words"]
    with connection.schema_editor() as editor:
        editor.remove_index(SearchEntry, of_words)
        editor.execute(import_module("forums.migrations.0005_search").ENTER)
        editor.add_index(SearchEntry, of_words)
    _finish_minutes(on)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def size() -> str:
    counted = (Forum, Membership, Meeting, AgendaItem, Attendance, Minutes, Decision, ActionItem, SearchEntry)
    return ", ".join(f"{model.objects.count():,} {model._meta.model_name}" for model in counted)


@contextmanager
def without_triggers() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("SELECT setseed(0.5)")
        try:
            yield
        finally:
            cursor.execute("SET session_replication_role = DEFAULT")


def _build_forums(chance: random.Random, on: datetime.date) -> None:
    """Of five forums of an office the first two are public, the first publishes its minutes and has a partner."""
    offices = list(Office.objects.filter(slug__startswith="stelle-").order_by("pk"))
    areas = {area.office_id: area for area in OfficeArea.objects.all()}
    towns: dict[int, list[int]] = {}
    for pk, district in Municipality.objects.values_list("pk", "district"):
        towns.setdefault(district, []).append(pk)
    each = FORUMS // len(offices)
    forums = Forum.objects.bulk_create(
        Forum(
            office=office,
            kind=KINDS[(number + place) % len(KINDS)],
            name=(name := f"Arbeitskreis {BEGINNINGS[(number * each + place) % 20]}{ENDINGS[place]} {number + 1}"),
            sort_key=sort_key(name),
            purpose="Erfunden, um zu messen, wie schnell das Portal ist.",
            rhythm="two_months",
            is_public=place < 2,
            publishes_minutes=place == 0,
            district_id=areas[office.pk].district_id if place == 1 else None,
        )
        for number, office in enumerate(offices)
        for place in range(each)
    )
    ForumPartner.objects.bulk_create(
        ForumPartner(forum=forum, office=offices[(number // each + 1) % len(offices)])
        for number, forum in enumerate(forums)
        if number % each == 0
    )
    about = []
    for forum in forums:
        area = areas[forum.office_id]
        of_district = sorted(towns.get(area.district_id, ())) or [area.municipality_id]
        about += [(forum.pk, town) for town in of_district[: 3 + forum.pk % 3]] if not forum.district_id else []
    ForumTown.objects.bulk_create(ForumTown(forum_id=forum, municipality_id=town) for forum, town in about)
    people = list(Person.objects.order_by("pk").values_list("pk", flat=True))
    roles = [Membership.Role.CHAIR, Membership.Role.MODERATION, *[Membership.Role.MEMBER] * (MEMBERS - 2)]
    Membership.objects.bulk_create(
        Membership(
            forum=forum,
            person_id=people[(number * MEMBERS + place) % len(people)],
            role=role,
            period=period(on - 1_500 * ONE_DAY, on - 200 * ONE_DAY if place == MEMBERS - 1 else None),
        )
        for number, forum in enumerate(forums)
        for place, role in enumerate(roles)
    )
    Topic.objects.bulk_create(
        Topic(forum=forum, title=f"{chance.choice(BEGINNINGS)}{chance.choice(ENDINGS)}", created_on=on)
        for forum in forums
        for _ in range(3)
    )


def _build_people_who_look(on: datetime.date) -> None:
    """A member of eight forums of eight offices, and somebody in the town hall of Dörentrup."""
    password = make_password(None)
    member, clerk = User.objects.bulk_create(
        User(email=f"{role}@stelle-1.example.org", name=f"Beispiel {role}", password=password)
        for role in ("member", "town_hall")
    )
    person = Person.objects.create(given_name="Ada", family_name="Mitglied", email=member.email, user=member)
    Membership.objects.bulk_create(
        Membership(forum=forum, person=person, period=period(on - 1_000 * ONE_DAY))
        for forum in Forum.objects.order_by("pk")[: 8 * 11 : 11]
    )
    town = Municipality.objects.get(ags="05766024")
    MunicipalStaff.objects.create(user=clerk, municipality=town, period=period(on - 1_000 * ONE_DAY))
    ForumTown.objects.create(forum=Forum.objects.order_by("pk")[2], municipality=town)


def _build_meetings(on: datetime.date) -> None:
    """The last of each forum lies some days ahead, the others before it; of those held every tenth was cancelled."""
    begins = (
        f"(%(on)s::date + (number - {HELD}) * {EVERY} - 7 - (forum.id %% 30)::int + time '14:00')"
        " AT TIME ZONE 'Europe/Berlin'"
    )
    state = (
        f"CASE WHEN number > {HELD} THEN (ARRAY['invited', 'planned', 'draft'])[number - {HELD}]"
        " WHEN number %% 10 = 5 THEN 'cancelled' ELSE 'held' END"
    )
    insert(
        Meeting,
        f"forums_forum forum CROSS JOIN generate_series(1, {MEETINGS}) number ORDER BY number, forum.id",
        {"on": on},
        forum_id="forum.id",
        number=f"CASE WHEN number <= {HELD} + 1 THEN number END",
        state=state,
        starts_at=begins,
        ends_at=f"{begins} + interval '2 hours'",
        place="'Rathaus, Raum ' || forum.id %% 40",
        uid="gen_random_uuid()",
    )
    # The feed of one forum that met every week for a long time.
    insert(
        Meeting,
        "(SELECT * FROM forums_forum ORDER BY id LIMIT 1) forum "
        f"CROSS JOIN generate_series(1, {FED - MEETINGS}) number",
        {"on": on},
        forum_id="forum.id",
        number=f"{MEETINGS} + number",
        state="'held'",
        starts_at=(early := "(%(on)s::date - 1300 - number * 7 + time '10:00') AT TIME ZONE 'Europe/Berlin'"),
        ends_at=f"{early} + interval '1 hour'",
        uid="gen_random_uuid()",
    )
    released = f"forum.publishes_minutes AND meeting.number < {HELD} - 1"
    insert(
        Minutes,
        "forums_meeting meeting JOIN forums_forum forum ON forum.id = meeting.forum_id WHERE meeting.state = 'held'",
        {},
        meeting_id="meeting.id",
        state=f"CASE meeting.number WHEN {HELD} THEN 'draft' WHEN {HELD} - 1 THEN 'circulated' ELSE 'approved' END",
        circulated_at="meeting.ends_at + interval '5 days'",
        approved_at="meeting.ends_at + interval '40 days'",
        snapshot=f"CASE WHEN meeting.number <> {HELD} THEN '{{}}'::jsonb END",
        public_snapshot=f"CASE WHEN {released} THEN '{{}}'::jsonb END",
        public_pdf=rf"CASE WHEN {released} THEN '\x25504446'::bytea END",
        pdf=r"'\x25504446'::bytea",
        checksum="repeat('0', 64)",
        released_at=f"CASE WHEN {released} THEN meeting.ends_at END",
    )


def _finish_minutes(on: datetime.date) -> None:
    """Whole minutes, by the portal's own verbs, of the last meeting of two forums whose pages are measured."""
    now, by = timezone.now(), User.objects.get(email="coordinator@stelle-1.example.org")
    for forum in Forum.objects.order_by("pk")[:3:2]:
        minutes = Minutes.objects.get(meeting__forum=forum, meeting__number=HELD)
        minutes.circulate(on, now)
        minutes.approve(by, now)
        if forum.publishes_minutes:
            minutes.release(by, now)


def _build_contents(chance: random.Random, on: datetime.date) -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE passage (number int PRIMARY KEY, title text, body text)")
        cursor.execute(
            "INSERT INTO passage SELECT place - 1, title, body FROM unnest(%s::text[], %s::text[])"
            " WITH ORDINALITY AS passages (title, body, place)",
            [[title(chance) for _ in range(PASSAGES)], [passage(chance) for _ in range(PASSAGES)]],
        )
        cursor.execute("ANALYZE passage")
        cursor.execute(
            f"CREATE TEMPORARY TABLE drawn AS SELECT meeting.id AS meeting_id, meeting.forum_id, meeting.state, nth,"
            f" floor(random() * {PASSAGES})::int AS one, floor(random() * {PASSAGES})::int AS two"
            f" FROM forums_meeting meeting CROSS JOIN generate_series(1, {ITEMS}) nth"
            " ORDER BY meeting.id, nth"
        )
    insert(
        AgendaItem,
        "drawn JOIN passage first ON first.number = one JOIN passage second ON second.number = two "
        "ORDER BY meeting_id, nth",
        {},
        meeting_id="meeting_id",
        position="nth",
        kind="(ARRAY['information', 'discussion', 'discussion', 'decision'])[1 + nth %% 4]",
        title="left(first.title, 200)",
        text="CASE WHEN nth %% 3 = 0 THEN second.title ELSE '' END",
        is_internal="nth = 9 AND meeting_id %% 3 = 0",
        minutes="10",
        result="CASE WHEN state = 'held' AND nth %% 10 < 9 THEN first.body || E'\\n\\n' || second.body ELSE '' END",
    )
    people = "(SELECT forum_id, array_agg(person_id ORDER BY id) AS ids FROM forums_membership GROUP BY forum_id)"
    insert(
        Attendance,
        f"forums_meeting meeting JOIN {people} people ON people.forum_id = meeting.forum_id "
        f"CROSS JOIN generate_series(1, {ATTENDANCES}) nth WHERE people.ids[nth] IS NOT NULL "
        "ORDER BY meeting.id, nth",
        {},
        meeting_id="meeting.id",
        person_id="people.ids[nth]",
        presence="CASE WHEN meeting.state <> 'held' THEN '' "
        "ELSE (ARRAY['present', 'present', 'excused', 'absent'])[1 + (random() * 3)::int] END",
        reply="(ARRAY['accepted', 'declined', ''])[1 + (random() * 2)::int]",
        invited_at="meeting.starts_at - interval '14 days'",
    )
    insert(
        Decision,
        "(SELECT item.id AS item_id, meeting.forum_id, item.meeting_id, passage.body, row_number() OVER "
        "(PARTITION BY meeting.forum_id ORDER BY item.meeting_id) AS place, meeting.number AS of_meeting "
        "FROM forums_agendaitem item JOIN forums_meeting meeting ON meeting.id = item.meeting_id "
        f"JOIN passage ON passage.number = item.id %% {PASSAGES} "
        "WHERE item.position = 7 AND meeting.state = 'held') chosen",
        {},
        forum_id="forum_id",
        item_id="item_id",
        number=f"CASE WHEN of_meeting < {HELD} THEN place END",
        wording="left(body, 200)",
        votes_for="9",
        votes_against="1",
        abstentions="2",
    )
    insert(
        ActionItem,
        "forums_agendaitem item JOIN forums_meeting meeting ON meeting.id = item.meeting_id "
        f"JOIN {people} people ON people.forum_id = meeting.forum_id "
        f"JOIN passage ON passage.number = (item.id * 7) %% {PASSAGES} "
        "WHERE item.position IN (5, 8) AND meeting.state = 'held'",
        {},
        forum_id="meeting.forum_id",
        item_id="item.id",
        what="left(passage.title || ' vorbereiten', 300)",
        person_id=f"people.ids[1 + item.id %% {ATTENDANCES}]",
        due_on="meeting.starts_at::date + 30",
        state=(over := f"CASE WHEN meeting.number < {HELD} - 3 THEN 'done' ELSE 'open' END"),
        created_on="meeting.starts_at::date",
        closed_on=f"CASE WHEN ({over}) = 'done' THEN meeting.starts_at::date + 25 END",
    )
    insert(
        Document,
        "forums_meeting meeting WHERE meeting.id %% 5 = 0",
        {},
        forum_id="meeting.forum_id",
        meeting_id="meeting.id",
        title="'Anlage'",
        name="'messung-' || meeting.id",
        file_name="'anlage.pdf'",
        content_type="'application/pdf'",
        size="1000",
        uploaded_at="meeting.starts_at",
    )


def insert(model: type[models.Model], source: str, parameters: dict[str, Any], **columns: str) -> None:
    """Rows of the model from a FROM clause: columns by SQL, the others by the fields' defaults."""
    values: dict[str, Any] = {}
    for field in model._meta.concrete_fields:
        made_by_database = (
            field.primary_key or field.generated or getattr(field, "db_default", None) is not NOT_PROVIDED
        )
        if field.column not in columns and not made_by_database:
            values[field.column] = field.get_db_prep_save(field.get_default(), connection)
    names = ", ".join(f'"{name}"' for name in (*columns, *values))
    chosen = ", ".join((*columns.values(), *(f"%({name})s" for name in values)))
    with connection.cursor() as cursor:
        cursor.execute(
            f'INSERT INTO "{model._meta.db_table}" ({names}) SELECT {chosen} FROM {source}',
            {**values, **parameters},
        )


def _compound(chance: random.Random) -> str:
    """Some words often, most of them seldom."""
    return BEGINNINGS[int(20 * chance.random() ** 2)] + ENDINGS[int(20 * chance.random() ** 2)]


def title(chance: random.Random) -> str:
    return f"{chance.choice(COMMON)} und {_compound(chance)} für {chance.choice(PEOPLE)}"


def passage(chance: random.Random) -> str:
    return " ".join(
        f"Das Forum {chance.choice(VERBS)} {_compound(chance)} und {_compound(chance)} für {chance.choice(PEOPLE)} "
        f"in {chance.choice(COMMON)} {chance.randrange(1, 5_000)}."
        for _ in range(3)
    )
