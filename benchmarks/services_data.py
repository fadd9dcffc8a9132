"""Offices asked for five years: 1,000,000 requests, 5,000,000 entries, what was done for them, and how it was.

The same every time but for what the database draws by `random()`, counted from the given day. Everyone in it is
invented. Triggers are set aside while it is built (`session_replication_role`): no history is written, no version
raised, no promise of a trigger or foreign key checked. Numbers, counters, days and states are made as the verbs make
them, but for public holidays; checks hold all the while, unique constraints at the end. What was closed more than two
years ago says nothing about people any more, as a running portal has forgotten it.
"""

import datetime
import random
from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib.auth.hashers import make_password
from django.db import connection, models

from accounts.models import User
from benchmarks.forums_data import insert, passage, title, without_triggers
from common.periods import ONE_DAY, period
from common.sort_keys import sort_key
from contacts.models import ContactPerson, FieldOfAction, MunicipalStaff, Office, OfficeTask
from municipalities.models import Municipality
from services.models import (
    AnswerTemplate,
    Delivery,
    Feedback,
    MeetingEffort,
    Question,
    RequestCounter,
    RequestDetail,
    RequestEntry,
    RequestFile,
    ServiceOffering,
    ServiceRequest,
)

SEED = 20261129
REQUESTS, ENTRIES = 1_000_000, 5  # entries are for each
YEARS = 5
OFFERINGS = 12
OPEN_OF_100 = 3
CLERKS = 4  # towns of each office whose town halls have an account
LONG_SUBJECT = "Fachvortrag mit langer Vorgeschichte"
LONG = 25  # entries of the request whose page is measured
PASSAGES = 5_000
FORGOTTEN_AFTER = "24 months"
KINDS = [kind for kind in ServiceOffering.Kind.values if kind != ServiceOffering.Kind.CORRECTION]
TASKS = ["Beratung der Kommunen", "Vernetzung", "Bildung", "Teilhabe", "Berichtswesen"]


def build(on: datetime.date, offices: int) -> None:
    """Requests of so many offices, the others have none; what was built before goes. Needs the contacts' data set."""
    chance = random.Random(SEED)
    with without_triggers():
        _empty()
        _build_catalogue(on, offices)
        _build_clerks(on)
        _draw(chance, on)
        with _without_indexes(ServiceRequest, RequestEntry):
            _build_requests()
            _build_entries()
        with _without_indexes(Delivery, Feedback):
            _build_what_was_done()
        _build_long_one()
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE asked, words, at_office, clerk")
        cursor.execute("VACUUM ANALYZE")


def size() -> str:
    counted = (ServiceOffering, ServiceRequest, RequestEntry, Delivery, Feedback, MeetingEffort)
    return ", ".join(f"{model.objects.count():,} {model._meta.model_name}" for model in counted)


def long_one() -> ServiceRequest:
    """The open request of the first office with the most entries; town and town hall are those of the clerk."""
    return ServiceRequest.objects.get(subject=LONG_SUBJECT)


@contextmanager
def _without_indexes(*tables: type[models.Model]) -> Iterator[None]:
    """Indexes and unique constraints but for the keys are made afterwards: row by row they take ten times as long."""
    with connection.cursor() as cursor:
        again = []
        for table in (model._meta.db_table for model in tables):
            cursor.execute(
                "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint"
                " WHERE conrelid = %s::regclass AND contype = 'u'",
                [table],
            )
            for name, definition in cursor.fetchall():
                cursor.execute(f'ALTER TABLE "{table}" DROP CONSTRAINT "{name}"')
                again.append(f'ALTER TABLE "{table}" ADD CONSTRAINT "{name}" {definition}')
            cursor.execute(
                "SELECT indexrelid::regclass, pg_get_indexdef(indexrelid) FROM pg_index"
                " WHERE indrelid = %s::regclass AND NOT indisprimary",
                [table],
            )
            for name, definition in cursor.fetchall():
                cursor.execute(f"DROP INDEX {name}")
                again.append(definition)
        try:
            yield
        finally:
            cursor.execute("SET maintenance_work_mem = '512MB'")
            for statement in again:
                cursor.execute(statement)
            cursor.execute("RESET maintenance_work_mem")


def _empty() -> None:
    """Sessions and accounts of the clerks stay."""
    emptied = (
        *(RequestFile, RequestDetail, RequestEntry, Feedback, Delivery, MeetingEffort, RequestCounter),
        *(ServiceRequest, AnswerTemplate, Question, ServiceOffering),
    )
    tables = ", ".join(model._meta.db_table for model in emptied)
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {tables} RESTART IDENTITY CASCADE")


def _build_catalogue(on: datetime.date, number: int) -> None:
    offices = list(Office.objects.filter(slug__startswith="stelle-").order_by("pk")[:number])
    tasks = {(task.office_id, task.name): task for task in OfficeTask.objects.filter(office__in=offices)}
    missing = [
        OfficeTask(office=office, name=name, position=place)
        for office in offices
        for place, name in enumerate(TASKS, start=1)
        if (office.pk, name) not in tasks
    ]
    tasks |= {(task.office_id, task.name): task for task in OfficeTask.objects.bulk_create(missing)}
    fields: dict[int, list[FieldOfAction]] = {}
    for field in FieldOfAction.objects.filter(office__in=offices).order_by("position"):
        fields.setdefault(field.office_id, []).append(field)
    offerings = ServiceOffering.objects.bulk_create(
        ServiceOffering(
            office=office,
            kind=KINDS[place % len(KINDS)],
            title=(name := f"Angebot {place + 1}: {ServiceOffering.Kind(KINDS[place % len(KINDS)]).label}"),
            sort_key=sort_key(name),
            summary="Erfunden, um zu messen, wie schnell das Portal ist.",
            recipient="inbox" if place == OFFERINGS - 1 else "town",
            task=tasks[office.pk, TASKS[place % len(TASKS)]],
            counts_for=fields[office.pk][place % len(fields[office.pk])],
            period=period(on - YEARS * 366 * ONE_DAY),
        )
        for office in offices
        for place in range(OFFERINGS)
    )
    Question.objects.bulk_create(
        Question(offering=offering, wording="Wie viele sprechen wenig Deutsch?", kind="number", position=1)
        for offering in offerings
    )
    AnswerTemplate.objects.bulk_create(
        AnswerTemplate(office=office, title=f"Vorlage {place + 1}", text="Guten Tag [name], zu [offering] …")
        for office in offices
        for place in range(3)
    )


def _build_clerks(on: datetime.date) -> None:
    """Town halls with an account, that of Dörentrup among them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE at_office AS"
            " SELECT offering.office_id, office.code, array_agg(DISTINCT offering.id) AS offerings,"
            " (SELECT array_agg(post.id ORDER BY post.id) FROM contacts_contactperson post"
            "  WHERE post.office_id = offering.office_id AND upper_inf(post.period)) AS posts,"
            " (SELECT array_agg(town.id ORDER BY town.ags) FROM municipalities_municipality town"
            "  JOIN contacts_officearea area ON area.district_id = town.district_id OR area.municipality_id = town.id"
            "  WHERE area.office_id = offering.office_id) AS towns"
            " FROM services_serviceoffering offering JOIN contacts_office office ON office.id = offering.office_id"
            " GROUP BY offering.office_id, office.code"
        )
        cursor.execute("SELECT DISTINCT unnest(towns[1:%s]) FROM at_office", [CLERKS])
        wanted = {town for (town,) in cursor.fetchall()} | {Municipality.objects.get(ags="05766024").pk}
    has_one = set(MunicipalStaff.objects.filter(municipality__in=wanted).values_list("municipality", flat=True))
    towns = list(Municipality.objects.filter(pk__in=wanted - has_one).order_by("ags"))
    nobody_signs_in = make_password(None)
    first = {town.pk: "town_hall@stelle-1.example.org" for town in towns if town.ags == "05766024"}
    users = User.objects.bulk_create(
        User(
            email=first.get(town.pk, f"rathaus@{town.ags}.example.org"),
            name=f"Rathaus {town}",
            password=nobody_signs_in,
        )
        for town in towns
    )
    MunicipalStaff.objects.bulk_create(
        MunicipalStaff(user=user, municipality=town, period=period(on - 1_000 * ONE_DAY))
        for user, town in zip(users, towns, strict=True)
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE clerk AS SELECT municipality_id, min(user_id) AS user_id"
            " FROM contacts_municipalstaff WHERE municipality_id IS NOT NULL GROUP BY municipality_id"
        )


def _draw(chance: random.Random, on: datetime.date) -> None:
    """One row for each request in the order in which they came, with all that was drawn for it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE words AS SELECT place - 1 AS number, title, body"
            " FROM unnest(%s::text[], %s::text[]) WITH ORDINALITY AS passages (title, body, place)",
            [[title(chance) for _ in range(PASSAGES)], [passage(chance) for _ in range(PASSAGES)]],
        )
        cursor.execute("CREATE UNIQUE INDEX ON words (number); ANALYZE words")
        each = REQUESTS // Office.objects.filter(slug__startswith="stelle-").count()
        days = f"({YEARS} * 365)"
        cursor.execute(
            f"""
            CREATE TEMPORARY TABLE asked AS
            WITH drawn AS (
                SELECT at_office.*, nth, nth %% 100 < {OPEN_OF_100} AS is_open, random() AS one, random() AS two,
                    random() AS three, random() AS four, floor(random() * {PASSAGES})::int AS words
                FROM at_office CROSS JOIN generate_series(1, {each}) nth
            ), dated AS (
                SELECT drawn.*,
                    -- On weekdays between eight and four; open ones within the last six weeks, the newest most.
                    day - CASE extract(isodow FROM day) WHEN 6 THEN 1 WHEN 7 THEN 2 ELSE 0 END
                        + time '08:00' + interval '8 hours' * two AS came
                FROM drawn CROSS JOIN LATERAL (
                    SELECT %(on)s::date - CASE WHEN is_open THEN 1 + floor(42 * one ^ 2)::int
                        ELSE 30 + floor(({days} - 30) * one)::int END AS day
                ) days
            ), stated AS (
                SELECT dated.*, came AT TIME ZONE 'Europe/Berlin' AS submitted_at,
                    CASE WHEN is_open
                        THEN (ARRAY['submitted', 'submitted', 'accepted', 'in_progress', 'waiting', 'scheduled'])
                            [1 + nth / 100 %% 6]
                        WHEN three < 0.80 THEN 'completed' WHEN three < 0.87 THEN 'declined'
                        WHEN three < 0.94 THEN 'passed_on' ELSE 'withdrawn' END AS state,
                    towns[1 + floor(four * array_length(towns, 1))::int] AS town,
                    (three * 1000)::int %% 10 AS tenth
                FROM dated
            )
            SELECT row_number() OVER (ORDER BY submitted_at) AS id, stated.*,
                extract(year FROM came)::int AS year,
                row_number() OVER (PARTITION BY office_id, extract(year FROM came) ORDER BY submitted_at) AS number,
                -- Answered a day to two weeks later, mostly in time.
                CASE WHEN NOT is_open AND state <> 'withdrawn' OR state IN ('scheduled', 'in_progress')
                    THEN submitted_at + interval '12 days' * two ^ 2 + interval '1 hour' END AS answered_at,
                CASE WHEN NOT is_open THEN least(submitted_at + interval '13 days' + interval '60 days' * two,
                    %(on)s::date - interval '1 day') END AS closed_at,
                NOT is_open AND submitted_at + interval '13 days' + interval '60 days' * two
                    < %(on)s::date - interval '{FORGOTTEN_AFTER}' AS is_forgotten
            FROM stated ORDER BY submitted_at
            """,
            {"on": on},
        )
        cursor.execute("CREATE UNIQUE INDEX ON asked (id); ANALYZE asked")


def _build_requests() -> None:
    kept = "CASE WHEN is_forgotten THEN '' ELSE {} END".format
    # The number of a day among all weekdays, counted from a Monday on.
    weekday = "(5 * (({0} - DATE '1999-12-27') / 7) + least(mod({0} - DATE '1999-12-27', 7) + 1, 5))".format
    answered_on = "(answered_at AT TIME ZONE 'Europe/Berlin')::date"
    offering = f"offerings[1 + floor(one * two * 7919)::int %% {OFFERINGS}]"
    insert(
        ServiceRequest,
        "asked JOIN words ON words.number = asked.words LEFT JOIN clerk ON clerk.municipality_id = asked.town"
        f" JOIN services_serviceoffering offering ON offering.id = {offering} ORDER BY asked.id",
        {},
        id="asked.id",
        key="gen_random_uuid()",
        office_id="asked.office_id",
        offering_id=offering,
        task_id="offering.task_id",
        field_id="offering.counts_for_id",
        year="year",
        number="asked.number",
        reference="format('%%s-%%s-%%s', code, year, lpad(asked.number::text, 4, '0'))",
        state="state",
        channel="CASE WHEN tenth = 9 THEN 'phone' ELSE 'portal' END",
        created_at="submitted_at - interval '10 minutes'",
        submitted_at="submitted_at",
        closed_at="closed_at",
        municipality_id="CASE WHEN tenth <> 3 THEN town END",
        subject=kept("left(words.title, 200)"),
        concern=kept("words.body"),
        audience=kept("'Beschäftigte und Ehrenamtliche'"),
        head_count="10 + tenth * 5",
        wished_dates=kept("'im Frühjahr'"),
        asks_for="CASE WHEN tenth = 3 THEN 'organisation' WHEN tenth = 4 THEN 'oneself' ELSE 'town_hall' END",
        account_id="CASE WHEN tenth > 5 AND NOT is_forgotten THEN clerk.user_id END",
        requester_name=kept("'Person ' || asked.id %% 9000"),
        requester_email=kept("'person-' || asked.id %% 9000 || '@example.org'"),
        requester_body=kept("'Fachbereich ' || asked.id %% 40"),
        assigned_to_id="CASE WHEN nth %% 15 <> 2 THEN posts[1 + floor(two * array_length(posts, 1))::int] END",
        assigned_because="CASE WHEN nth %% 15 <> 2 THEN 'town' ELSE 'nobody' END",
        answer_days="5",
        due_on="CASE WHEN state NOT IN ('waiting', 'withdrawn') THEN came::date + 7 END",
        days_left="CASE WHEN state = 'waiting' THEN 3 END",
        answered_at="answered_at",
        # Weekdays since it came; without holidays, as the day it is due on.
        days_used=f"{weekday(answered_on)} - {weekday('came::date')}",
        was_late=f"coalesce({answered_on} > came::date + 7, false)",
        unread_since="CASE WHEN is_open AND tenth = 5 THEN submitted_at + interval '1 day' END",
        scheduled_for="CASE WHEN state = 'scheduled' THEN submitted_at + interval '60 days' END",
        closing_reason="CASE WHEN state = 'declined' THEN 'Dafür ist die Stelle nicht zuständig.' ELSE '' END",
        passed_on_to="CASE WHEN state = 'passed_on' THEN 'Beispielverein' ELSE '' END",
        changed_at="coalesce(closed_at, submitted_at)",
    )
    insert(
        RequestCounter,
        "(SELECT office_id, year, max(number) AS last FROM asked GROUP BY office_id, year) counted",
        {},
        office_id="office_id",
        year="year",
        last="last",
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT setval(pg_get_serial_sequence('services_servicerequest', 'id'), max(id))"
            " FROM services_servicerequest"
        )
    insert(
        ServiceRequest,
        "at_office CROSS JOIN LATERAL unnest(towns) AS town JOIN clerk ON clerk.municipality_id = town",
        {},
        key="gen_random_uuid()",
        office_id="office_id",
        offering_id="offerings[1]",
        created_at="now() - interval '3 days'",
        municipality_id="town",
        subject="'Ein Entwurf'",
        account_id="clerk.user_id",
        requester_name="'Rathaus'",
        requester_email="'rathaus@example.org'",
    )


def _build_entries() -> None:
    """Received, taken up or assigned, a note, an answer or what was heard, and where it stands now."""
    closed = "CASE WHEN is_open THEN {} ELSE {} END".format
    last = "CASE WHEN state = 'submitted' THEN {} ELSE {} END".format

    def each(first: str, second: str, third: str, fourth: str, fifth: str) -> str:
        return f"(ARRAY[{first}, {second}, {third}, {fourth}, {fifth}])[step]"

    started = closed("'assignment'", "'state'")
    middle = "coalesce(answered_at, submitted_at + interval '5 hours')"
    at = each(
        "submitted_at",
        "submitted_at + interval '2 hours'",
        middle,
        f"{middle} + interval '10 minutes'",
        f"coalesce(closed_at, {middle} + interval '1 day')",
    )
    ended = last("''", closed("'submitted'", "'in_progress'"))
    insert(
        RequestEntry,
        f"(SELECT asked.*, step, {at} AS at FROM asked CROSS JOIN generate_series(1, {ENTRIES}) step) said"
        f" JOIN words ON words.number = (said.words + step) %% {PASSAGES} ORDER BY at, id",
        {},
        request_id="id",
        at="at",
        kind=each("'state'", started, closed("'note'", "'answer'"), "'note'", last("'reply'", "'state'")),
        side=each("'requester'", "'office'", "'office'", "'office'", last("'requester'", "'office'")),
        is_internal=each("false", "is_open", "is_open", "true", "false"),
        by_name="CASE WHEN is_forgotten THEN '' WHEN step = 1 THEN 'Person ' || id %% 9000 ELSE 'Ada Beispiel' END",
        text="CASE WHEN is_forgotten OR step < 3 THEN '' ELSE words.body END",
        state_before=each("'draft'", closed("''", "'submitted'"), "''", "''", ended),
        state_after=each("'submitted'", closed("''", "'in_progress'"), "''", "''", last("''", "state")),
        post_id="CASE WHEN step = 2 AND is_open THEN posts[1 + floor(two * array_length(posts, 1))::int] END",
    )


def _build_what_was_done() -> None:
    """For each completed request, some things that nobody had asked for, and what forums' meetings took."""
    done = "services_servicerequest request"
    shared = {
        "office_id": "request.office_id",
        "offering_id": "request.offering_id",
        "municipality_id": "request.municipality_id",
        "post_id": "request.assigned_to_id",
        "task_id": "request.task_id",
        "field_id": "request.field_id",
        "place": "'Rathaus'",
        "hours": "1 + request.id %% 40 * 0.25",
        "participants": "5 + request.id %% 60",
        "held_on": "(request.closed_at AT TIME ZONE 'Europe/Berlin')::date - 1",
    }
    insert(
        Delivery,
        f"{done} WHERE request.state = 'completed' ORDER BY request.closed_at",
        {},
        **shared,
        request_id="request.id",
        cost="CASE WHEN request.id %% 5 = 0 THEN 120 ELSE 0 END",
        result="'Vereinbart wurde ein weiterer Termin.'",
    )
    insert(Delivery, f"{done} WHERE request.state = 'declined' AND request.id %% 3 = 0", {}, **shared)
    insert(
        Feedback,
        "services_servicerequest request WHERE state = 'completed' AND id %% 5 < 2 ORDER BY closed_at",
        {},
        request_id="id",
        helped="1 + id %% 5",
        went_well="5 - id %% 4",
        remark="CASE WHEN requester_name = '' THEN '' ELSE 'Gerne länger.' END",
        given_at="closed_at + interval '3 days'",
    )
    insert(
        MeetingEffort,
        "forums_meeting meeting JOIN forums_forum forum ON forum.id = meeting.forum_id"
        " JOIN at_office ON at_office.office_id = forum.office_id WHERE meeting.state = 'held'",
        {},
        office_id="forum.office_id",
        meeting_id="meeting.id",
        hours="4 + meeting.id %% 8",
        cost="meeting.id %% 3 * 25",
    )


def _build_long_one() -> None:
    """Of Dörentrup's town hall, being worked on by the first office's coordinator, with replies and files."""
    office = Office.objects.order_by("pk")[0]
    town = Municipality.objects.get(ags="05766024")
    row = ServiceRequest.objects.filter(office=office, state="in_progress").order_by("pk")[0]
    clerk = MunicipalStaff.objects.filter(municipality=town).order_by("user")[0].user
    post = ContactPerson.objects.get(person__user__email="coordinator@stelle-1.example.org")
    ServiceRequest.objects.filter(pk=row.pk).update(
        subject=LONG_SUBJECT, municipality=town, asks_for="town_hall", account=clerk, assigned_to=post
    )
    missing = LONG - RequestEntry.objects.filter(request=row).count()
    kinds = RequestEntry.Kind
    entries = [(kinds.REPLY, "requester"), (kinds.NOTE, "office"), (kinds.ANSWER, "office"), (kinds.FILE, "requester")]
    written = RequestEntry.objects.bulk_create(
        RequestEntry(
            request=row,
            kind=entries[number % 4][0],
            side=entries[number % 4][1],
            is_internal=entries[number % 4][0] == kinds.NOTE,
            at=row.submitted_at + (number + 2) * datetime.timedelta(hours=3),
            by_name="Ada Beispiel",
            text="Ein Absatz, der sagt, was als Nächstes geschieht. " * 6,
        )
        for number in range(missing)
    )
    RequestFile.objects.bulk_create(
        RequestFile(
            request=row,
            entry=entry,
            name=f"messung-{entry.pk}",
            file_name="Plan.pdf",
            content_type="application/pdf",
            size=12_000,
        )
        for entry in written
        if entry.kind == kinds.FILE
    )
    question = Question.objects.filter(offering=row.offering_id).first()
    RequestDetail.objects.create(request=row, question=question, wording=str(question), reply="12", position=1)
