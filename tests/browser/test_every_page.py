"""Every page, as every role that sees it, wide and narrow: axe finds nothing, nothing runs out sideways."""

import datetime
from collections import defaultdict

import pytest
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.models import AnonymousUser
from django.urls import reverse
from django.utils import timezone

from accounts.demo import ADMINISTRATION, COORDINATION, LEAD, PORTAL_ADMINISTRATION, TOWN_HALL, SignIn
from accounts.mail import PASSWORD_LINK
from accounts.models import User
from common.links import Link
from common.periods import today
from contacts.confirmation import CONFIRMATION_LINK
from contacts.models import Absence, ContactImport, ContactPerson, Office, Organisation, Person
from forums import invitations, topics
from forums.action_items import TASK_LINK
from municipalities.models import District, Locality, Municipality, Succession
from services import links
from services.models import SavedFilter, ServiceOffering
from tests.browser.conftest import NARROW, WIDE, Browser
from tests.factories import (
    ActionItemFactory,
    AttendanceFactory,
    ContactImportFactory,
    LocalityFactory,
    MeetingFactory,
    MembershipFactory,
    MunicipalityFactory,
    OfficeMembershipFactory,
    OrganisationFactory,
    ServiceOfferingFactory,
    ServiceRequestFactory,
)
from tests.roles import Side, World, forum_rows, report_rows, service_rows
from tests.test_role_walk import PAGES, arguments, expected

pytestmark = pytest.mark.django_db

OFFICE = "beispielstelle"

# What is not there, and what links of mails show once they are over.
LINKS = ("reply_by_link", "task_by_link", "propose_topic", "minutes_by_link", "confirm_by_link", "password_link")
NOT_THERE = ["/gibt-es-nicht/", *(reverse(name, args=["erfunden"]) for name in LINKS)]

# Who looks: the role of the table, and the demonstration's account that has it.
LOOKS: dict[str, SignIn | None] = {
    "visitor": None,
    "town_hall": TOWN_HALL,
    "coordinator": COORDINATION,
    "lead": LEAD,
    "administrator": ADMINISTRATION,
    "superuser": PORTAL_ADMINISTRATION,
}
# Pages as they look with something typed or chosen, and where nothing is found.
VARIANTS = {
    "visitor": [
        "/kommunen/?q=lage",
        "/kommunen/?q=xqzv",
        "/kommunen/?land=05&kontakt=ohne",
        "/ansprechpersonen/?nach=person",
        "/ansprechpersonen/?nach=stelle",
        "/suche/?q=lemgo",
        "/suche/?q=xqzv",
        "/foren/suche/?q=migrantinnen",
        "/en/",
        *NOT_THERE,
        "/post/",
        "/kalender/?ansicht=monat",
        "/kalender/?zeit=alle",
    ],
    "town_hall": ["/", "/konto/"],
    "lead": ["/", "/konto/"],
    "administrator": ["/", "/konto/"],
    "superuser": ["/", "/konto/", "/abdeckung/"],
    "coordinator": [
        "/kommunen/03255023/?am=2026-03-01",
        "/abwesenheiten/?zeit=alle",
        "/abdeckung/?stelle=beispielstelle",
        "/kreise/03255/?am=2027-03-01",
        "/kreise/03255/kontakte/?am=2027-03-01",
        "/ansprechpersonen/?am=31.02.2026",
        "/ansprechpersonen/?nach=person&am=2027-03-01",
    ],
}
# Answers that are no pages: a part of one, files, and a script.
NOT_PAGES = {
    "meeting_log_save",
    "admin:contacts_contactimport_refused",
    "municipality_suggestions",
    "contact_person_card",
    "document",
    "office_card",
    "public_feed",
    "district_feed",
    "request_file",
    "admin:jsi18n",
    "minutes_pdf",
    "report_pdf",
}


@pytest.fixture(scope="module")
def shown(demonstration: None) -> World:
    """Rows of the invented office to look at, by model, as its administrators see them."""
    office = Office.objects.get(slug=OFFICE)
    administrator = User.objects.get(email=ADMINISTRATION.email)
    rows = {}
    for model in (*admin.site._registry, Absence):
        manager = model._default_manager
        seen = manager.visible_to(administrator) if hasattr(manager.all(), "visible_to") else manager.all()
        rows[model] = seen.first()
    post = ContactPerson.objects.filter(office=office).current(today()).select_related("person").first()
    rows |= {
        Office: office,
        ContactPerson: post,
        Person: post.person,
        Absence: Absence.objects.filter(office=office).first(),
        District: District.objects.get(ags="03255"),
        Municipality: (town := Municipality.objects.get(ags="03255023")),
        # The demonstration has none of these.
        ContactImport: ContactImportFactory(office=office, uploaded_by=administrator),
        Locality: LocalityFactory(municipality=town),
        Organisation: OrganisationFactory(municipality=town),
        Succession: Succession.objects.create(
            predecessor=MunicipalityFactory(name="Altendorf"), successor=town, took_effect_on=today(), kind="merged"
        ),
    }
    rows |= {
        type(row): row for row in [*forum_rows(office, town), *service_rows(office, town), *report_rows(office, town)]
    }
    coordinator = User.objects.get(email=COORDINATION.email)
    rows[SavedFilter] = SavedFilter.objects.create(user=coordinator, name="Meine", query="ansicht=meine")
    clerk = User.objects.get(email=TOWN_HALL.email)
    draft = ServiceRequestFactory(offering=rows[ServiceOffering], account=clerk)
    return World(Side(rows, draft.pk), Side(), {"visitor": AnonymousUser()})


def pages_of(role: str, world: World, opened: list[str]) -> dict[str, str]:
    """The pages that the role is shown and the roles before it were not, by name."""
    before = list(LOOKS)[: list(LOOKS).index(role)]
    found = {}
    for name, kind in PAGES.items():
        if kind == "service" or name in NOT_PAGES or expected(kind, "GET", role) != 200:
            continue
        if kind != "public" and any(expected(kind, "GET", earlier) == 200 for earlier in before):
            continue
        if kind == "public" and role not in ("visitor", "coordinator"):
            continue
        found[name] = reverse(name, kwargs=arguments(name, world))
    more = [*VARIANTS.get(role, []), *(opened if role == "visitor" else [])]
    return found | {path: path for path in more}


@pytest.fixture(scope="module")
def open_links(demonstration: None) -> list[str]:
    """What one-time links show while they are open."""
    account = OfficeMembershipFactory(office=Office.objects.get(slug=OFFICE)).user
    post = ContactPerson.objects.filter(office__slug=OFFICE).current(today()).first()
    week = datetime.timedelta(days=7)
    now = timezone.now()
    password = Link.objects.issue(PASSWORD_LINK, account.pk, at=now, valid_for=week)
    proposer = MembershipFactory(forum__office=post.office)
    meeting = MeetingFactory(forum=proposer.forum, starts_at=now + week, topics_until=today())
    meeting.plan()
    asked = AttendanceFactory(meeting=meeting, person=proposer.person)
    proposal = Link.objects.lasting(topics.LINK, asked.pk, at=now, until=now + week, holder=asked.address)
    given = ActionItemFactory(forum=proposer.forum, person=proposer.person, due_on=today())
    task = Link.objects.lasting(TASK_LINK, given.pk, at=now, until=now + week, holder=given.address)
    confirmation = Link.objects.issue(CONFIRMATION_LINK, post.pk, at=now, valid_for=week)
    invited = MeetingFactory(forum=proposer.forum, starts_at=now + 2 * week)
    invitations.invite(invited, now)
    line = invited.attendances.get()
    reply = Link.objects.lasting(invitations.REPLY_LINK, line.pk, at=now, until=invited.starts_at, holder=line.address)
    offering = ServiceOfferingFactory(office=post.office)
    unconfirmed, received = (ServiceRequestFactory(offering=offering, created_at=now) for _number in range(2))
    unconfirmed.ask_to_confirm()
    received.submit(now)
    received.complete(now, by=None)
    of_requests = [
        links.address_of(links.CONFIRM_LINK, unconfirmed, now),
        links.address_of(links.FOLLOW_LINK, received, now),
        links.address_of(links.FEEDBACK_LINK, received, now),
    ]
    return [
        *(address.removeprefix(settings.PUBLIC_URL) for address in of_requests),
        reverse("reply_by_link", args=[reply]) + "?antwort=vertretung",
        reverse("password_link", args=[password]),
        reverse("confirm_by_link", args=[confirmation]),
        reverse("correct_by_link", args=[confirmation]),
        reverse("propose_topic", args=[proposal]),
        reverse("task_by_link", args=[task]),
    ]


@pytest.mark.parametrize("role", LOOKS)
def test_axe_finds_nothing_and_nothing_runs_out_sideways(
    shown: World, open_links: list[str], browser: Browser, role: str
) -> None:
    pages = pages_of(role, shown, open_links)
    assert pages
    if account := LOOKS[role]:
        browser.sign_in(account.email)
    found: dict[str, set[str]] = defaultdict(set)
    details: list[str] = []
    for name, path in pages.items():
        browser.visit(path)
        assert (browser.status() == 404) == (path in NOT_THERE), path
        for size in (WIDE, NARROW):
            browser.resize(size)
            for violation in browser.violations():
                found[name].add(violation["id"])
                details.append(f"{path} {size[0]}: {violation['id']}: {violation['nodes'][0]['html'][:160]}")
            if browser.overflow() > 0:
                found[name].add("overflow")
                details.append(f"{path} {size[0]}: {browser.overflow()} pixels too wide")
    assert not found, "\n".join(details)
