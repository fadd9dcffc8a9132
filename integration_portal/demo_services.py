"""The demonstration's service catalogue: what documents say that offices offer, and all of it at the invented one."""

import datetime

from contacts.models import ContactPerson, FieldOfAction, Office, OfficeTask, TargetGroup
from integration_portal.demo_facts import Facts, chosen, days, facts
from services.models import (
    AnswerTemplate,
    OfferingContact,
    OfferingField,
    OfferingTargetGroup,
    Question,
    RequestTerms,
    ServiceOffering,
)

TEXTS = ("title", "summary", "goal", "contents", "needs", "lead_time", "cost", "examples", "source")


def load(on: datetime.date) -> None:
    """Enter it; offices and people must be there."""
    offices = {office.code: office for office in Office.objects.all()}
    offerings = {}
    for entry in facts("offerings"):
        offering = _enter_offering(entry, offices[entry["office"]], on)
        offerings[offering.title] = offering
    for entry in facts("answer_templates"):
        AnswerTemplate.objects.create(
            office=offices[entry["office"]],
            offering=offerings[entry["offering"]] if "offering" in entry else None,
            title=entry["title"],
            text=entry["text"].strip(),
        )
    for entry in facts("request_terms"):
        RequestTerms.objects.create(**entry | {"office": offices[entry["office"]]})


def _enter_offering(entry: Facts, office: Office, on: datetime.date) -> ServiceOffering:
    fields = {field.name: field for field in FieldOfAction.objects.filter(office=office)}
    groups = {group.name: group for group in TargetGroup.objects.filter(office=office)}
    posts = {str(post): post for post in ContactPerson.objects.filter(office=office).select_related("person")}
    offering = ServiceOffering.objects.create(
        office=office,
        task=OfficeTask.objects.get(office=office, name=entry["task"]) if "task" in entry else None,
        counts_for=fields[entry["counts_for"]] if "counts_for" in entry else None,
        post=posts[entry["post"]] if "post" in entry else None,
        period=days(entry, on),
        **{name: text.strip() for name, text in chosen(entry, *TEXTS).items()},
        **chosen(entry, "kind", "recipient", "answer_days", "request_months"),
    )
    OfferingField.objects.bulk_create(
        OfferingField(offering=offering, field=fields[name]) for name in entry.get("fields", [])
    )
    OfferingTargetGroup.objects.bulk_create(
        OfferingTargetGroup(offering=offering, target_group=groups[name]) for name in entry.get("target_groups", [])
    )
    OfferingContact.objects.bulk_create(
        OfferingContact(offering=offering, post=posts[name], position=position)
        for position, name in enumerate(entry.get("contacts", []), start=1)
    )
    Question.objects.bulk_create(
        Question(offering=offering, position=position, **question)
        for position, question in enumerate(entry.get("questions", []), start=1)
    )
    return offering
