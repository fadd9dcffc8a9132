"""An office's contacts as the sheet that the import reads: what holds on a day or later, one responsibility a row."""

import datetime
from collections import defaultdict
from collections.abc import Iterator

from django.db.models import Q

from common import periods
from contacts.imports.columns import ROLES, Column, between, key_of, language_names, said
from contacts.models import Assignment, ContactPerson, FieldOfAction, Office

# In the order in which people read them; the whole name stands in its parts.
HEADER = [column for column in Column if column is not Column.NAME]


def rows(office: Office, on: datetime.date) -> Iterator[list[object]]:
    """The cells of each row; a post without a responsibility has one too. 4 queries."""
    sign = between(FieldOfAction.objects.filter(office=office).values_list("name", flat=True))
    is_running = Q(period__endswith=None) | Q(period__endswith__gt=on)
    posts = ContactPerson.objects.filter(is_running, office=office)
    posts = posts.select_related("person").prefetch_related("fields").order_by("person__sort_key", "pk")
    assignments: dict[int, list[Assignment]] = defaultdict(list)
    upcoming = Assignment.objects.filter(office=office).upcoming(on).select_related("municipality", "field")
    for assignment in upcoming.order_by("municipality__sort_key", "starts_on", "pk"):
        assignments[assignment.contact_person_id].append(assignment)
    for post in posts:
        of_post = _post_cells(post, sign)
        responsibilities: list[Assignment | None] = [*assignments[post.pk]]
        for responsibility in responsibilities or [None]:
            cells = {Column.KEY: key_of(responsibility or post), **of_post, **_assignment_cells(responsibility)}
            yield [cells.get(column, "") for column in HEADER]


def _post_cells(post: ContactPerson, sign: str) -> dict[Column, object]:
    person = post.person
    return {
        Column.TITLE: person.title,
        Column.GIVEN: person.given_name,
        Column.FAMILY: person.family_name,
        Column.EMAIL: person.email,
        Column.PHONE: person.phone,
        Column.FUNCTION: post.function,
        Column.ROOM: post.room,
        Column.LANGUAGES: ", ".join(language_names().get(code, code) for code in post.languages),
        Column.FIELDS: f" {sign} ".join(field.name for field in post.fields.all()),
        Column.POST_FROM: post.period.lower,
        Column.POST_UNTIL: periods.last_day(post.period),
        Column.IS_PUBLISHED: said(post.is_published),
        Column.IS_PHONE_PUBLISHED: said(post.is_phone_published),
        Column.IS_EMAIL_PUBLISHED: said(post.is_email_published),
        Column.CONFIRMED: post.confirmed_on,
    }


def _assignment_cells(assignment: Assignment | None) -> dict[Column, object]:
    if assignment is None:
        return {}
    return {
        Column.TOWN: assignment.municipality.name,
        Column.AGS: assignment.municipality.ags,
        Column.ROLE: ROLES[assignment.role],
        Column.FIELD: assignment.field.name if assignment.field else "",
        Column.FROM: assignment.valid.lower,
        Column.UNTIL: periods.last_day(assignment.valid),
    }
