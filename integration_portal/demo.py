"""The demonstration data set: real offices as public documents describe them, and one invented office that shows life.

The facts lie in `data/demo/`; its README says where they come from and what was decided.
"""

import datetime
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import models, transaction
from django.utils import timezone

from accounts import demo as accounts
from accounts.models import User
from common.periods import ONE_DAY, period
from contacts import mail
from contacts.contact_list import import_contact_list
from contacts.handover_plan import Plan, Wish
from contacts.models import (
    Absence,
    Assignment,
    ContactPerson,
    ContactPersonField,
    DataProtection,
    FieldOfAction,
    Handover,
    HandoverTown,
    LegalText,
    MunicipalStaff,
    Office,
    OfficeArea,
    OfficeMembership,
    OfficeTask,
    Organisation,
    Person,
    TargetGroup,
)
from integration_portal import demo_forums, demo_requests, demo_services
from integration_portal.demo_facts import FOLDER, Facts, chosen, days, facts
from municipalities.models import District, Locality, Municipality

ACTOR = "load_demo"
TOWN_HALL = "03255023"  # Holzminden


def is_loaded() -> bool:
    return Office.objects.filter(is_invented=True, code__in=[office["code"] for office in facts("offices")]).exists()


def are_places_loaded() -> bool:
    return Municipality.objects.filter(ags=TOWN_HALL).exists()


def real_rows() -> list[models.Model]:
    """An example of each kind of row that must not be mixed with demonstration data."""
    models_with_data = (Office, Person, Organisation, User, LegalText, Locality)
    return [row for model in models_with_data if (row := model._default_manager.first())]


@transaction.atomic
def load(on: datetime.date) -> None:
    """Enter everything; periods are counted from that day. The municipalities must have been loaded."""
    for entry in facts("offices"):
        _enter_office(entry, on)
    contact_list = (FOLDER / "contact_list_lippe.txt").read_text(encoding="utf-8").splitlines()
    import_contact_list(contact_list, Office.objects.get(code="LIP"), on, ACTOR)
    _enter_accounts(on)
    posts = {str(post): post for post in (_enter_post(entry, on) for entry in facts("people"))}
    _enter_absences(posts, on)
    for entry in facts("data_protection"):
        texts = {name: value.strip() for name, value in entry.items() if isinstance(value, str)}
        DataProtection.objects.create(**entry | texts | {"office": Office.objects.get(code=entry["office"])})
    for entry in facts("handovers"):
        _enter_handover(entry, posts, on)
    for entry in facts("legal_texts"):
        office = Office.objects.get(code=entry["office"]) if "office" in entry else None
        LegalText.objects.create(office=office, kind=entry["kind"], body=entry["body"].strip(), reviewed_on=on)
    demo_forums.load(on)
    demo_services.load(on)
    demo_requests.load(on)


def _enter_office(entry: Facts, on: datetime.date) -> None:
    """The invented office asks its contact persons in this very month, so that one sees how."""
    lists: dict[Any, str] = {FieldOfAction: "fields", OfficeTask: "tasks", TargetGroup: "target_groups"}
    office = Office.objects.create(
        **{
            name: value.strip() if isinstance(value, str) else value
            for name, value in entry.items()
            if name not in ("areas", *lists.values())
        },
        confirmation_month=on.month if entry.get("is_invented") else None,
    )
    for key in entry["areas"]:
        if len(key) == 5:
            OfficeArea.objects.create(office=office, district=District.objects.get(ags=key))
        else:
            OfficeArea.objects.create(office=office, municipality=Municipality.objects.get(ags=key))
    for model, name in lists.items():
        names = entry.get(name, [])
        numbered = names.items() if isinstance(names, dict) else enumerate(names, start=1)
        model.objects.bulk_create(
            model(office=office, position=int(position), name=name) for position, name in numbered
        )


def _enter_accounts(on: datetime.date) -> None:
    """The sign-ins of accounts/demo.py, in their roles at the invented office and in a town hall of its area."""
    office = Office.objects.get(is_invented=True)
    password = make_password(accounts.PASSWORD)
    users = {
        sign_in.email: User.objects.create(
            email=sign_in.email,
            name=sign_in.name,
            password=password,
            is_demo=True,
            is_superuser=sign_in is accounts.PORTAL_ADMINISTRATION,
        )
        for sign_in in accounts.SIGN_INS
    }
    for sign_in, role in (
        (accounts.ADMINISTRATION, OfficeMembership.Role.ADMINISTRATOR),
        (accounts.LEAD, OfficeMembership.Role.LEAD),
        (accounts.COORDINATION, OfficeMembership.Role.COORDINATOR),
    ):
        OfficeMembership.objects.create(user=users[sign_in.email], office=office, role=role, period=period(on))
    MunicipalStaff.objects.create(
        user=users[accounts.TOWN_HALL.email], municipality=Municipality.objects.get(ags=TOWN_HALL), period=period(on)
    )


def _enter_post(entry: Facts, on: datetime.date) -> ContactPerson:
    office = Office.objects.get(code=entry["office"])
    fields = {field.name: field for field in FieldOfAction.objects.filter(office=office)}
    towns = {town.name: town for town in office.municipalities(on)}
    person = Person.objects.create(
        user=User.objects.get(email=entry["account"]) if "account" in entry else None,
        **chosen(entry, "title", "given_name", "family_name", "email", "phone"),
    )
    post = ContactPerson.objects.create(
        person=person,
        office=office,
        period=days(entry, on),
        confirmed_on=on + entry["confirmed"] * ONE_DAY if "confirmed" in entry else None,
        **chosen(entry, "function", "room", "languages", "is_published", "is_phone_published", "is_email_published"),
    )
    ContactPersonField.objects.bulk_create(
        ContactPersonField(contact_person=post, field=fields[name]) for name in entry.get("fields", [])
    )
    Assignment.objects.bulk_create(
        Assignment(
            contact_person=post,
            office=office,
            municipality=towns[town],
            field=fields[assignment["field"]] if "field" in assignment else None,
            role=assignment.get("role", Assignment.Role.PRIMARY),
            valid=days(assignment, on),
        )
        for assignment in entry["assignments"]
        for town in assignment["towns"]
    )
    return post


def _enter_absences(posts: dict[str, ContactPerson], on: datetime.date) -> None:
    for entry in facts("people"):
        name = " ".join(entry[part] for part in ("title", "given_name", "family_name") if part in entry)
        for absence in entry.get("absences", []):
            Absence.objects.create(
                contact_person=posts[name],
                office=posts[name].office,
                substitute=posts[absence["substitute"]],
                days=days(absence, on),
            )


def _enter_handover(entry: Facts, posts: dict[str, ContactPerson], on: datetime.date) -> None:
    """Planned by the lead; one whose day is over was carried out on it, and both sides signed."""
    leaver, day = posts[entry["leaver"]], on + entry["from"] * ONE_DAY
    by = User.objects.get(email=accounts.LEAD.email)
    taken = {name: town for town in entry["towns"] for name in town["names"]}
    towns = leaver.assignments.filter(field=None).with_details()
    wishes = [
        Wish(row, posts[town["to"]] if town else None, town.get("note", "") if town else "")
        for row in towns
        if (town := taken.get(row.municipality.name)) or entry["is_leaving"]
    ]
    handover = Plan(leaver, day, wishes, is_leaving=entry["is_leaving"], note=entry["note"]).save(by)
    planned_at = timezone.now() + entry["planned"] * ONE_DAY
    Handover.objects.filter(pk=handover.pk).update(created_at=planned_at)
    if not handover.carry_out(on):
        mail.tell_receivers(mail.HANDOVER_PLANNED, handover)
        return
    for town in handover.towns.all():
        for side in HandoverTown.Side.values:
            if town.can_be_confirmed(side):
                town.confirm(side, by, planned_at + 10 * ONE_DAY)
