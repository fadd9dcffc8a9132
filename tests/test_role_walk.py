"""Every address of the portal, walked as every role, against the table in role_walk.toml.

An address without an entry fails, so a new page cannot be forgotten. On the way each kept query is held against its
queryset.
"""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.core.files.base import ContentFile
from django.db import models, transaction
from django.forms import ModelChoiceField
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import translation

from accounts.models import User
from common import files
from contacts.models import Absence, ContactImport, ContactPerson, Handover, Office
from forums.models import (
    ActionItem,
    AgendaItem,
    Attendance,
    Comment,
    Document,
    Forum,
    ForumPartner,
    Meeting,
    Membership,
    Minutes,
    TemplateItem,
    Topic,
)
from municipalities.models import District, Municipality
from services.models import (
    AnswerTemplate,
    Delivery,
    Report,
    ReportBlock,
    RequestFile,
    SavedFilter,
    ServiceOffering,
    ServiceRequest,
)
from tests import roles
from tests.roles import OF_AN_OFFICE, ROLES, World

TABLE = tomllib.loads((Path(__file__).parent / "role_walk.toml").read_text(encoding="utf-8"))
PAGES: dict[str, str] = TABLE["pages"]
pytestmark = pytest.mark.usefixtures("kept_queries_compared")
METHODS = ("GET", "POST")
PDF = b"%PDF-1.7\n%beispiel"
OF_FORUM = ("forum", "forum_change", "forum_end", "forum_members", "membership_add", "document_add", "action_item_add")
OF_REQUEST = ("accept", "answer", "ask_back", "assign", "attach", "complete")
OF_REQUEST += ("decline", "note", "pass_on", "reopen", "requester", "schedule", "start")
BY_LINK = ("confirm_request", "follow_request", "follow_write", "follow_withdraw", "follow_feedback", "give_feedback")
OF_REPORT = ("report", "report_pdf", "report_freeze", "report_edition", "report_block_add")
OF_BLOCK = ("report_block", "report_block_delete")
OF_MEMBERSHIP = ("membership_change", "membership_end", "membership_delete")


def url_names(resolver: URLResolver | None = None, namespaces: tuple[str, ...] = ()) -> Iterator[str]:
    """The names of all addresses, with their namespace."""
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLResolver):
            inner = (*namespaces, pattern.namespace) if pattern.namespace else namespaces
            yield from url_names(pattern, inner)
        elif isinstance(pattern, URLPattern) and pattern.name:
            yield ":".join([*namespaces, pattern.name])


def arguments(name: str, world: World) -> dict[str, Any]:
    """What fills the address: rows of the office and town called `this`."""
    this = world.this
    if found := re.fullmatch(
        r"admin:(accounts|common|contacts|forums|municipalities|services)_([a-z]+)_(change|delete|history)", name
    ):
        return {"object_id": this[apps.get_model(found[1], found[2])].pk}
    of_office = {"slug": this[Office].slug}
    of_forum = {"pk": this[Forum].pk}
    of_request = {"reference": this[ServiceRequest].reference}
    of_meeting = of_forum | {"meeting": this[Meeting].pk}
    known: dict[str, dict[str, Any]] = {
        "municipality": {"ags": this[Municipality].ags},
        "municipality_history": {"ags": this[Municipality].ags},
        "district": {"ags": this[District].ags},
        "district_contacts": {"ags": this[District].ags},
        "absence_add": {"pk": this[ContactPerson].pk},
        "absence": {"pk": this[Absence].pk},
        "absence_back": {"pk": this[Absence].pk},
        "absence_delete": {"pk": this[Absence].pk},
        "contact_person_card": {"pk": this[ContactPerson].pk},
        "confirm_entry": {"pk": this[ContactPerson].pk},
        "correct_entry": {"pk": this[ContactPerson].pk},
        "confirm_by_link": {"token": "erfunden"},
        "correct_by_link": {"token": "erfunden"},
        **{page: {"pk": this[ContactPerson].pk} for page in ("contact_person", "plan_handover", "plan_leaving")},
        **{page: {"pk": this[Handover].pk} for page in ("handover", "sign_handover", "cancel_handover")},
        "office": of_office,
        "office_card": of_office,
        "office_imprint": of_office,
        "office_privacy": of_office,
        "office_accessibility": of_office,
        **dict.fromkeys(("decision_register", "attendance_over_time"), of_forum),
        **{page: {"pk": this[ActionItem].pk} for page in ("action_item", "action_item_change", "action_item_progress")},
        "task_by_link": {"token": "erfunden"},
        **dict.fromkeys(("meeting_add", "meeting_series", "template_agenda", "topic_list", "topic_add"), of_forum),
        **dict.fromkeys(("meeting_change", "meeting_plan", "meeting_cancel", "meeting_delete"), of_meeting),
        **dict.fromkeys(("meeting_log", "meeting_log_save", "sign_in_sheet"), of_meeting),
        **dict.fromkeys(("meeting", "meeting_copy", "agenda", "topic_call"), of_meeting),
        **{
            page: of_meeting | {"item": this[AgendaItem].pk}
            for page in ("agenda_item", "agenda_item_remove", "agenda_item_postpone")
        },
        **{page: of_forum | {"item": this[TemplateItem].pk} for page in ("template_item", "template_item_remove")},
        **{page: of_forum | {"topic": this[Topic].pk} for page in ("topic", "topic_answer")},
        "propose_topic": {"token": "erfunden"},
        **{
            f"minutes{page}": {"pk": this[Forum].pk, "meeting": this[Minutes].meeting_id}
            for page in ("", "_pdf", "_circulate", "_approve", "_addendum", "_release", "_withdraw", "_comment")
        },
        "minutes_answer": {
            "pk": this[Forum].pk,
            "meeting": this[Comment].minutes.meeting_id,
            "comment": this[Comment].pk,
        },
        "minutes_by_link": {"token": "erfunden"},
        "minutes_pdf_by_link": {"token": "erfunden"},
        **dict.fromkeys(OF_FORUM, of_forum),
        **{page: {"pk": this[ServiceOffering].pk} for page in ("offering", "offering_change")},
        **dict.fromkeys(("answer_templates", "answer_template_add", "request_terms"), of_office),
        **{page: of_office | {"pk": this[AnswerTemplate].pk} for page in ("answer_template", "answer_template_delete")},
        **{page: of_forum | {"membership": this[Membership].pk} for page in OF_MEMBERSHIP},
        "meeting_document_add": of_meeting,
        **{page: {"document": this[Document].pk} for page in ("document", "document_change", "document_delete")},
        **dict.fromkeys(("meeting_invite", "meeting_replies", "meeting_guest", "meeting_reply"), of_meeting),
        "meeting_note_reply": {**of_meeting, "attendance": this[Attendance].pk},
        **dict.fromkeys(("request", "delivery_add", *(f"request_{step}" for step in OF_REQUEST)), of_request),
        "request_file": {"pk": this[RequestFile].pk},
        "request_filter_delete": {"pk": this[SavedFilter].pk},
        "ask": {"pk": this[ServiceOffering].pk},
        **{page: {"pk": this.draft} for page in ("request_draft", "request_draft_delete")},
        **dict.fromkeys(("request_write", "request_withdraw", "request_feedback"), of_request),
        **{page: {"token": "erfunden"} for page in BY_LINK},
        "follow_file": {"token": "erfunden", "file": 1},
        "propose_correction": of_office,
        **{page: {"pk": this[Delivery].pk} for page in ("delivery", "delivery_delete")},
        "meeting_effort": {"pk": this[Forum].pk, "meeting": this[Minutes].meeting_id},
        **{page: {"pk": this[Report].pk} for page in OF_REPORT},
        **{page: {"pk": this[Report].pk, "block": this[ReportBlock].pk} for page in OF_BLOCK},
        "forum_feed": {"pk": this[Forum].pk},
        "district_feed": {"ags": this[District].ags},
        "own_feed": {"token": "erfunden"},
        "reply_by_link": {"token": "erfunden"},
        "password_link": {"token": "erfunden"},
        "demo_message": {"name": "erfunden"},
        "demo_attachment": {"name": "erfunden", "number": 1},
        "admin:app_list": {"app_label": "contacts"},
        "admin:accounts_user_password_link": {"pk": this[User].pk},
        "admin:contacts_contactimport_refused": {"pk": this[ContactImport].pk},
    }
    return known.get(name, {})


@pytest.fixture
def world(db: None, settings: Any, tmp_path: Path) -> Iterator[World]:
    settings.FILES_ROOT = tmp_path / "files"
    with translation.override("de"):
        made = roles.world()
        for model in (Document, RequestFile):
            files.store().save(made.this[model].name, ContentFile(PDF))
        yield made


def answer(client: Client, method: str, path: str) -> int:
    """The status; whatever the request did is undone, also in the client."""
    cookies = client.cookies.copy()
    with transaction.atomic():
        response: HttpResponse = client.generic(method, path)
        transaction.set_rollback(True)
    client.cookies = cookies
    return response.status_code


def expected(kind: str, method: str, role: str) -> int:
    return int(TABLE["answers"][kind][method].split()[ROLES.index(role)])


def test_every_address_stands_in_the_table_and_no_other() -> None:
    discovered = set(url_names())
    assert discovered - set(PAGES) == set(), "without an entry in tests/role_walk.toml"
    assert set(PAGES) - discovered == set(), "no longer an address of the portal"


@pytest.mark.parametrize("role", ROLES)
def test_role_gets_from_every_address_what_the_table_says(world: World, role: str) -> None:
    client = world.client(role)
    wrong = []
    for name, kind in PAGES.items():
        path = reverse(name, kwargs=arguments(name, world))
        for method in METHODS:
            status = answer(client, method, path)
            if status != expected(kind, method, role):
                wrong.append(f"{name} ({kind}) {method} {path}: {status}, not {expected(kind, method, role)}")
    assert wrong == [], "\n".join(wrong)


@pytest.mark.parametrize("role", ["visitor", "coordinator", "administrator"])
def test_english_addresses_answer_like_the_german_ones(world: World, role: str) -> None:
    client = world.client(role)
    wrong = []
    for name, kind in PAGES.items():
        with translation.override("en"):
            path = reverse(name, kwargs=arguments(name, world))
        if path.startswith("/en/") and answer(client, "GET", path) != expected(kind, "GET", role):
            wrong.append(path)
    assert wrong == []


@pytest.mark.parametrize("page", ["document", "request_file"])
def test_files_are_sent_as_attachments_to_those_who_may_have_them_alone(world: World, page: str) -> None:
    path = reverse(page, kwargs=arguments(page, world))
    for role in ROLES:
        response = world.client(role).get(path)
        has_it = expected(PAGES[page], "GET", role) == 200
        assert response.get("Content-Disposition", "").startswith("attachment;") is has_it, role
        assert (b"".join(response) == PDF) is has_it, role


def test_visitors_of_public_pages_get_no_cookie_and_no_form_to_post(world: World) -> None:
    client = world.client("visitor")
    for name in (name for name, kind in PAGES.items() if kind == "public"):
        response = client.get(reverse(name, kwargs=arguments(name, world)))
        assert not response.cookies, name
        assert 'method="post"' not in response.content.decode().lower(), name


# -- Other offices' rows in the admin -------------------------------------------------------------------------------


def admin_models() -> list[type[models.Model]]:
    return sorted(admin.site._registry, key=lambda model: model._meta.label)


def address(model: type[models.Model], page: str, *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def foreign_choices(fields: dict[str, Any], world: World) -> Iterator[tuple[str, models.Model]]:
    """The form's fields that point to rows of offices, each with a row of the other office."""
    for name, form_field in fields.items():
        if isinstance(form_field, ModelChoiceField) and form_field.queryset.model in OF_AN_OFFICE:
            yield name, world.other[form_field.queryset.model]


def test_rows_of_another_office_answer_like_rows_that_do_not_exist(world: World) -> None:
    client = world.client("administrator")
    for model in (model for model in admin_models() if model in OF_AN_OFFICE):
        for page in ("change", "delete", "history"):
            for method in METHODS:
                found = answer(client, method, address(model, page, world.other[model].pk))
                assert found == answer(client, method, address(model, page, 10**9)), (model, page, method)
                assert found in (404, 403), (model, page, method)


def test_lists_of_the_admin_leave_out_the_rows_of_another_office(world: World) -> None:
    client = world.client("administrator")
    for model in (model for model in admin_models() if model in OF_AN_OFFICE):
        response = client.get(address(model, "changelist"))
        shown = {row.pk for row in response.context["cl"].result_list}
        assert world.this[model].pk in shown, model
        assert world.other[model].pk not in shown, model


def test_actions_do_not_reach_rows_of_another_office(world: World) -> None:
    client = world.client("administrator")
    for model in (model for model in admin_models() if model in OF_AN_OFFICE):
        row = model._base_manager.get(pk=world.other[model].pk)
        own = admin.site._registry[model].actions or []
        for name in ("delete_selected", *(action if isinstance(action, str) else action.__name__ for action in own)):
            data = {"action": name, "_selected_action": [row.pk], "post": "yes", "index": "0"}
            client.post(address(model, "changelist"), data)
            stored = model._base_manager.get(pk=row.pk)
            names = [field.attname for field in model._meta.concrete_fields]
            assert {n: getattr(stored, n) for n in names} == {n: getattr(row, n) for n in names}, (model, name)


def test_rows_of_another_office_are_refused_in_forms(world: World) -> None:
    client = world.client("administrator")
    asked = 0
    for model in admin_models():
        path = address(model, "add")
        response = client.get(path)
        if response.status_code == 403:
            continue
        for name, row in foreign_choices(response.context["adminform"].form.fields, world):
            asked += 1
            errors = client.post(path, {name: row.pk}).context["adminform"].form.errors.as_data()
            assert [error.code for error in errors[name]] == ["invalid_choice"], (model, name)
    assert asked >= 10


def test_rows_of_another_office_are_refused_in_inlines(world: World) -> None:
    client = world.client("administrator")
    asked = 0
    for model in (model for model in admin_models() if model in world.this.rows):
        path = address(model, "change", world.this[model].pk)
        response = client.get(path)
        if response.status_code != 200:
            continue
        for inline in response.context.get("inline_admin_formsets", ()):
            formset = inline.formset
            for name, row in foreign_choices(formset.empty_form.fields, world):
                if name in (formset.fk.name, formset.model._meta.pk.name) or formset.model is ForumPartner:
                    continue  # partners of a forum are other offices
                asked += 1
                data = {
                    f"{formset.prefix}-TOTAL_FORMS": "1",
                    f"{formset.prefix}-INITIAL_FORMS": "0",
                    f"{formset.prefix}-0-{name}": str(row.pk),
                }
                answered = client.post(path, data).context["inline_admin_formsets"]
                [sent] = [entry.formset for entry in answered if entry.formset.prefix == formset.prefix]
                codes = [error.code for error in sent.forms[0].errors.as_data().get(name, [])]
                assert codes == ["invalid_choice"], (model, formset.prefix, name)
    assert asked > 5


def test_suggestions_leave_out_rows_of_another_office(world: World) -> None:
    client = world.client("administrator")
    asked = 0
    for model, model_admin in admin.site._registry.items():
        for source in (model_admin, *(inline(model, admin.site) for inline in model_admin.inlines)):
            for name in source.autocomplete_fields:
                related = source.model._meta.get_field(name).remote_field.model
                if related not in OF_AN_OFFICE:
                    continue
                asked += 1
                parameters = {
                    "app_label": source.model._meta.app_label,
                    "model_name": source.model._meta.model_name,
                    "field_name": name,
                    "term": "",
                }
                found = client.get(reverse("admin:autocomplete"), parameters).json()["results"]
                assert str(world.other[related].pk) not in {row["id"] for row in found}, (source.model, name)
    assert asked > 10
