"""The pages of hand-overs: form, preview, confirmation, record, signatures, cancelling; and what they refuse."""

import datetime
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from common import outbox
from common.periods import ONE_DAY, period
from contacts.models import Assignment, ContactPerson, Handover, OfficeMembership
from tests.contacts.admin_pages import Setting, address, day, setting  # noqa: F401
from tests.factories import (
    AssignmentFactory,
    ContactPersonFactory,
    MunicipalityFactory,
    OfficeMembershipFactory,
    PersonFactory,
    UserFactory,
)

BEFORE, DAY = day("01.01.2026"), day("01.12.2026")
NOON = datetime.datetime(2026, 11, 24, 12, tzinfo=datetime.UTC)


@pytest.fixture(autouse=True)
def on_the_24th() -> Any:
    with time_machine.travel(NOON):
        yield


@pytest.fixture
def adorf(setting: Setting) -> Assignment:  # noqa: F811
    return setting.assign(setting.ada, setting.town, "01.01.2026")


def lead(setting: Setting) -> Client:  # noqa: F811
    client = Client()
    client.force_login(OfficeMembershipFactory(office=setting.office, role="lead").user)
    return client


def page_of(post: ContactPerson, name: str = "plan_handover") -> str:
    return reverse(name, args=[post.pk])


def typed(**values: Any) -> dict[str, Any]:
    return {"day": "01.12.2026", "all_to": "", "note": "", "schritt": "vorschau"} | values


def confirm(client: Client, path: str, data: dict[str, Any]) -> Any:
    """Look at the preview, and plan what it shows."""
    preview = client.post(path, data)
    assert "plan" in preview.context, preview.context["form"].errors
    return client.post(path, data | {"schritt": "verbindlich", "gesehen": preview.context["plan"].digest})


def errors(response: Any) -> dict[str, list[str]]:
    assert response.status_code == 200
    return {name: list(messages) for name, messages in response.context["form"].errors.items()}


def days_of(post: ContactPerson) -> list[Any]:
    return [row.valid for row in Assignment.objects.filter(contact_person=post).order_by("pk")]


def test_lead_plans_after_looking_at_the_preview(setting: Setting, adorf: Assignment) -> None:  # noqa: F811
    client, path = lead(setting), page_of(setting.ada)
    data = typed(**{f"to_{adorf.pk}": setting.ben.pk, f"note_{adorf.pk}": "Frau Muster kennt alle"})

    preview = client.post(path, data).content.decode()
    assert "01.01.2026 bis 30.11.2026" in preview
    assert "Ben Muster, ab 01.12.2026" in preview
    assert not Handover.objects.exists()

    response = confirm(client, path, data)
    handover = Handover.objects.get()
    assert response.headers["Location"] == handover.get_absolute_url()
    assert (days_of(setting.ada), days_of(setting.ben)) == ([period(BEFORE, DAY - ONE_DAY)], [period(DAY)])
    record = client.get(handover.get_absolute_url()).content.decode()
    for text in ("Übergabeprotokoll", "Frau Muster kennt alle", "Ben Muster", "01.12.2026", "übergeben: noch nicht"):
        assert text in record


def test_one_choice_for_all_holds_where_nobody_else_is_chosen(setting: Setting, adorf: Assignment) -> None:  # noqa: F811
    second = setting.assign(setting.ada, setting.second_town, "01.01.2026")
    third = setting.assign(setting.ada, MunicipalityFactory(district=setting.district), "01.01.2026")
    cem = ContactPersonFactory(office=setting.office)
    data = typed(all_to=setting.ben.pk, **{f"to_{second.pk}": cem.pk, f"to_{third.pk}": "bleibt"})

    confirm(lead(setting), page_of(setting.ada), data)

    towns = Handover.objects.get().towns.values_list("assignment", "receiver")
    assert set(towns) == {(adorf.pk, setting.ben.pk), (second.pk, cem.pk)}


@pytest.mark.parametrize(
    ("values", "field", "says"),
    [
        ({"day": "23.11.2026"}, "day", "Dieser Tag ist vorbei"),
        ({"day": "31.02.2026"}, "day", "Diesen Tag gibt es nicht"),
        ({"day": ""}, "day", "zwingend erforderlich"),
        ({"day": "0\x00"}, "day", "Diesen Tag gibt es nicht"),
        ({"all_to": ""}, "all_to", "wer was übernimmt"),
        ({"all_to": "999999"}, "all_to", "Bitte eine gültige Auswahl treffen"),
        ({"note": "x" * 2001}, "note", "höchstens 2000"),
    ],
)
def test_what_cannot_be_is_said_beside_the_field_and_stays_in_it(
    setting: Setting,  # noqa: F811
    adorf: Assignment,
    values: dict[str, str],
    field: str,
    says: str,
) -> None:
    for step in ("vorschau", "verbindlich"):
        response = lead(setting).post(page_of(setting.ada), typed(all_to=setting.ben.pk) | {"schritt": step} | values)
        assert says in " ".join(errors(response)[field]), errors(response)
    assert values[field].replace("\x00", "") in response.content.decode().replace("\x00", "")
    assert not Handover.objects.exists()
    assert days_of(setting.ada) == [period(BEFORE)]


def test_receiver_without_a_post_on_that_day_is_named_beside_the_town(setting: Setting, adorf: Assignment) -> None:  # noqa: F811
    setting.ben.period = period(day("01.01.2020"), day("30.11.2026"))
    setting.ben.save()

    response = lead(setting).post(page_of(setting.ada), typed(all_to=setting.ben.pk))

    assert "Ben Muster hat eine Funktion bei der Stelle" in errors(response)[f"to_{adorf.pk}"][0]
    assert days_of(setting.ada) == [period(BEFORE)]


def test_posts_of_another_office_cannot_be_chosen(setting: Setting, adorf: Assignment) -> None:  # noqa: F811
    foreign = setting.elsewhere.contact_person.pk

    response = lead(setting).post(page_of(setting.ada), typed(all_to=foreign, **{f"to_{adorf.pk}": foreign}))

    assert set(errors(response)) == {"all_to", f"to_{adorf.pk}"}


def test_post_deleted_while_its_form_was_open_is_not_found(setting: Setting) -> None:  # noqa: F811
    post = ContactPersonFactory(office=setting.office)
    client = lead(setting)

    def somebody_deletes_it(execute: Any, sql: str, *args: Any) -> Any:
        if "FOR NO KEY UPDATE" in sql and "contacts_contactperson" in sql:
            ContactPerson.objects.filter(pk=post.pk).delete()
        return execute(sql, *args)

    with connection.execute_wrapper(somebody_deletes_it):
        assert client.post(page_of(post), typed()).status_code == 404


def test_town_that_is_not_the_givers_is_not_asked_about(setting: Setting, adorf: Assignment) -> None:  # noqa: F811
    bens = setting.assign(setting.ben, setting.second_town, "01.01.2026")
    cem = ContactPersonFactory(office=setting.office)

    confirm(lead(setting), page_of(setting.ada), typed(all_to=cem.pk, **{f"to_{bens.pk}": cem.pk}))

    assert days_of(setting.ben) == [period(BEFORE)]
    assert [town.assignment for town in Handover.objects.get().towns.all()] == [adorf]


def test_preview_is_shown_again_where_the_outcome_changed(setting: Setting, adorf: Assignment) -> None:  # noqa: F811
    client, path, data = lead(setting), page_of(setting.ada), typed(all_to=setting.ben.pk)
    seen = client.post(path, data).context["plan"].digest
    adorf.end_on(day("31.12.2026"))

    response = client.post(path, data | {"schritt": "verbindlich", "gesehen": seen})

    assert "Inzwischen hat sich etwas geändert" in response.content.decode()
    assert "01.12.2026 bis 31.12.2026" in response.content.decode()
    assert not Handover.objects.exists()


def test_form_comes_back_from_the_preview_with_everything_typed(setting: Setting, adorf: Assignment) -> None:  # noqa: F811
    data = typed(all_to=setting.ben.pk, note="Schlüssel am Empfang", schritt="formular")

    page = lead(setting).post(page_of(setting.ada), data)

    assert page.context["form"].errors == {}
    assert "Schlüssel am Empfang" in page.content.decode()
    assert f'<option value="{setting.ben.pk}" selected>' in page.content.decode()


def test_chosen_in_the_administration_leads_to_the_form_with_those_ticked(setting: Setting, adorf: Assignment) -> None:  # noqa: F811
    second = setting.assign(setting.ada, setting.second_town, "01.01.2026")
    client = setting.client()

    response = client.post(
        address("assignment_changelist"), {"action": "hand_over", "_selected_action": [adorf.pk], "index": "0"}
    )
    page = client.get(response.headers["Location"])

    form = page.context["form"]
    assert response.headers["Location"] == f"{page_of(setting.ada)}?zustaendigkeit={adorf.pk}"
    assert (form.fields[f"to_{adorf.pk}"].initial, form.fields[f"to_{second.pk}"].initial) == ("", "bleibt")


def test_only_one_person_hands_over_at_a_time(setting: Setting, adorf: Assignment) -> None:  # noqa: F811
    bens = setting.assign(setting.ben, setting.second_town, "01.01.2026")

    response = setting.client().post(
        address("assignment_changelist"),
        {"action": "hand_over", "_selected_action": [adorf.pk, bens.pk], "index": "0"},
        follow=True,
    )

    assert "nur Zuständigkeiten einer einzigen Person" in response.content.decode()


# -- Leaving ------------------------------------------------------------------------------------------------------


def leaver_account(setting: Setting, role: str = "coordinator") -> OfficeMembership:  # noqa: F811
    setting.ada.person.user = UserFactory()
    setting.ada.person.save()
    return OfficeMembershipFactory(
        user=setting.ada.person.user, office=setting.office, role=role, period=period(BEFORE)
    )


def test_leaving_is_one_form(setting: Setting, adorf: Assignment) -> None:  # noqa: F811
    role = leaver_account(setting)
    second = setting.assign(setting.ada, setting.second_town, "01.01.2026")
    data = typed(day="30.11.2026", all_to=setting.ben.pk, **{f"to_{second.pk}": "stelle"})

    confirm(lead(setting), page_of(setting.ada, "plan_leaving"), data)

    role.refresh_from_db()
    assert role.period == period(BEFORE, day("30.11.2026"))
    assert ContactPerson.objects.get(pk=setting.ada.pk).period.upper == DAY
    assert days_of(setting.ada) == [period(BEFORE, day("30.11.2026"))] * 2
    assert days_of(setting.ben) == [period(DAY)]
    handover = Handover.objects.get()
    assert (handover.is_leaving, handover.day) == (True, DAY)


def test_leaving_asks_for_every_town(setting: Setting, adorf: Assignment) -> None:  # noqa: F811
    response = lead(setting).post(page_of(setting.ada, "plan_leaving"), typed(day="30.11.2026"))

    assert errors(response) == {
        f"to_{adorf.pk}": ["Bitte wählen Sie, wer übernimmt."],
        "rest_to": ["Bitte wählen Sie, wer sie übernimmt."],
    }


def test_only_one_at_an_office_leaves_without_anybody_to_take_over(setting: Setting) -> None:  # noqa: F811
    alone = ContactPersonFactory()
    client = Client()
    client.force_login(OfficeMembershipFactory(office=alone.office, role="lead").user)
    confirm(client, page_of(alone, "plan_leaving"), typed(day="30.11.2026"))
    assert ContactPerson.objects.get(pk=alone.pk).period.upper == DAY


@pytest.mark.parametrize(("last_day", "chosen"), [("31.12.2026", True), ("31.12.2026", False), ("31.01.2027", True)])
def test_town_with_a_successor_already_needs_nobody(
    setting: Setting,  # noqa: F811
    last_day: str,
    chosen: bool,
) -> None:
    ending = setting.assign(setting.ada, setting.town, "01.01.2026", "31.12.2026")
    setting.assign(setting.ben, setting.town, "01.01.2027")
    cem = ContactPersonFactory(office=setting.office)
    data = typed(day=last_day, all_to=cem.pk if chosen else "", rest_to=cem.pk)

    confirm(lead(setting), page_of(setting.ada, "plan_leaving"), data)

    assert (days_of(setting.ada), days_of(cem)) == ([ending.valid], [])
    assert not Handover.objects.get().towns.exists()


def test_preview_warns_where_nobody_follows_the_receiver(setting: Setting, adorf: Assignment) -> None:  # noqa: F811
    ContactPerson.objects.filter(pk=setting.ben.pk).update(period=period(day("01.01.2020"), day("31.12.2026")))

    preview = lead(setting).post(page_of(setting.ada), typed(all_to=setting.ben.pk)).content.decode()

    assert "ab 01.01.2027 ist niemand zuständig" in preview


def test_only_an_administrator_ends_an_administrators_role(setting: Setting, adorf: Assignment) -> None:  # noqa: F811
    leaver_account(setting, role="administrator")
    path = page_of(setting.ada, "plan_leaving")

    assert lead(setting).get(path).status_code == 403
    assert lead(setting).get(page_of(setting.ada)).status_code == 200
    assert setting.client().get(path).status_code == 200


def test_leaver_no_longer_signs_in(setting: Setting, adorf: Assignment) -> None:  # noqa: F811
    role = leaver_account(setting)
    confirm(lead(setting), page_of(setting.ada, "plan_leaving"), typed(day="30.11.2026", all_to=setting.ben.pk))
    client = Client()

    with time_machine.travel(NOON + 6 * ONE_DAY):
        client.force_login(role.user)
        assert client.get(reverse("handover_list")).status_code == 200
    with time_machine.travel(NOON + 7 * ONE_DAY):
        client.force_login(role.user)
        assert client.get(reverse("handover_list")).status_code in (302, 404)


# -- Record, signatures, cancelling -------------------------------------------------------------------------------


@pytest.fixture
def handover(setting: Setting, adorf: Assignment) -> Handover:  # noqa: F811
    confirm(lead(setting), page_of(setting.ada), typed(all_to=setting.ben.pk))
    return Handover.objects.get()


def test_what_is_being_handed_over_is_not_offered_and_it_is_said_where_it_is(
    setting: Setting,  # noqa: F811
    handover: Handover,
) -> None:
    page = lead(setting).get(page_of(setting.ada))

    assert page.context["form"].assignments == []
    assert f'Adorf: <a href="{handover.get_absolute_url()}">' in page.content.decode()


def test_both_sides_sign_each_for_themselves(setting: Setting, handover: Handover) -> None:  # noqa: F811
    leaver_account(setting)
    client = Client()
    client.force_login(setting.ada.person.user)
    path = reverse("sign_handover", args=[handover.pk])
    town = handover.towns.get()

    assert set(client.get(path).context["form"].fields) == {"given"}
    client.post(path, {"given": [town.pk], "received": [town.pk]})

    town.refresh_from_db()
    assert (town.given_by, town.received_by) == (setting.ada.person.user, None)
    assert "received" in lead(setting).get(path).context["form"].fields


def test_signing_nothing_is_refused(setting: Setting, handover: Handover) -> None:  # noqa: F811
    response = lead(setting).post(reverse("sign_handover", args=[handover.pk]), {})

    assert errors(response) == {"given": ["Bitte kreuzen Sie mindestens eine Kommune an."]}


def test_colleagues_read_the_record_and_sign_nothing(setting: Setting, handover: Handover) -> None:  # noqa: F811
    client = Client()
    client.force_login(OfficeMembershipFactory(office=setting.office).user)

    page = client.get(handover.get_absolute_url())

    assert page.status_code == 200
    assert "Übergabe absagen" not in page.content.decode()
    assert client.get(reverse("sign_handover", args=[handover.pk])).context["form"].fields == {}
    assert client.post(reverse("cancel_handover", args=[handover.pk])).status_code == 403


def test_cancelling_restores_and_says_so(setting: Setting, handover: Handover) -> None:  # noqa: F811
    response = lead(setting).post(reverse("cancel_handover", args=[handover.pk]), follow=True)

    assert "Alles ist wie zuvor" in response.content.decode()
    assert (days_of(setting.ada), days_of(setting.ben)) == ([period(BEFORE)], [])


def test_cancelling_that_cannot_be_names_what_changed(setting: Setting, handover: Handover) -> None:  # noqa: F811
    Assignment.objects.get(contact_person=setting.ben).end_on(day("31.12.2026"))

    response = lead(setting).post(reverse("cancel_handover", args=[handover.pk]))

    assert "Adorf, Ben Muster, 01.12.2026 bis 31.12.2026" in response.content.decode()
    assert Handover.objects.get().state == "planned"


def test_record_offers_no_cancelling_on_its_day(setting: Setting, handover: Handover) -> None:  # noqa: F811
    with time_machine.travel(NOON + 7 * ONE_DAY):
        client = lead(setting)
        assert "Übergabe absagen" not in client.get(handover.get_absolute_url()).content.decode()
        response = client.post(reverse("cancel_handover", args=[handover.pk]))

    assert "nur bis zu ihrem Tag" in response.content.decode()


@pytest.mark.parametrize("role", ["lead", "administrator"])
def test_nobody_gives_their_own_role_back_by_cancelling(setting: Setting, adorf: Assignment, role: str) -> None:  # noqa: F811
    mine = leaver_account(setting, role=role)
    confirm(setting.client(), page_of(setting.ada, "plan_leaving"), typed(day="30.11.2026", all_to=setting.ben.pk))
    client, handover = Client(), Handover.objects.get()
    client.force_login(mine.user)

    assert "Übergabe absagen" not in client.get(handover.get_absolute_url()).content.decode()
    assert client.post(reverse("cancel_handover", args=[handover.pk])).status_code == 403
    mine.refresh_from_db()
    assert mine.period == period(BEFORE, day("30.11.2026"))


@pytest.mark.parametrize(("role", "status"), [("administrator", 403), ("coordinator", 302)])
def test_lead_gives_back_no_administrators_role(setting: Setting, role: str, status: int) -> None:  # noqa: F811
    ended = leaver_account(setting, role=role)
    typed_in = typed(day="30.11.2026", rest_to=setting.ben.pk)
    confirm(setting.client(), page_of(setting.ada, "plan_leaving"), typed_in)
    path = reverse("cancel_handover", args=[Handover.objects.get().pk])

    assert lead(setting).post(path).status_code == status
    ended.refresh_from_db()
    assert (ended.period.upper is None) == (status == 302)
    if status == 403:
        assert setting.client().post(path).status_code == 302


# -- Mail ---------------------------------------------------------------------------------------------------------


def test_receivers_get_a_message_each(setting: Setting, handover: Handover, mailoutbox: list[Any]) -> None:  # noqa: F811
    outbox.deliver_due()

    [message] = mailoutbox
    assert message.to == [setting.ben.person.email]
    assert message.subject == "Übergabe ab 01.12.2026: Sie übernehmen von Ada Beispiel"
    assert "- Adorf" in message.body
    assert handover.get_absolute_url() in message.body


def test_mail_that_comes_after_the_day_is_sent_all_the_same(
    setting: Setting,  # noqa: F811
    handover: Handover,
    mailoutbox: list[Any],
) -> None:
    handover.carry_out(DAY)
    outbox.deliver_due()

    assert [message.subject for message in mailoutbox] == ["Übergabe ab 01.12.2026: Sie übernehmen von Ada Beispiel"]


def test_cancelled_before_delivery_is_told_as_cancelled_only(
    setting: Setting,  # noqa: F811
    handover: Handover,
    mailoutbox: list[Any],
) -> None:
    lead(setting).post(reverse("cancel_handover", args=[handover.pk]))
    outbox.deliver_due()

    assert [message.subject for message in mailoutbox] == ["Abgesagt: Übergabe ab 01.12.2026 von Ada Beispiel"]


# -- Queries ------------------------------------------------------------------------------------------------------


def queries(client: Client, path: str, data: Any = None) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert (client.post(path, data) if data else client.get(path)).status_code == 200
    return len(captured)


def test_queries_do_not_grow_with_towns_and_people(setting: Setting, adorf: Assignment) -> None:  # noqa: F811
    client, path = lead(setting), page_of(setting.ada)
    data = typed(all_to=setting.ben.pk)

    def asked() -> list[int]:
        return [
            queries(client, path),
            queries(client, path, data),
            queries(client, page_of(setting.ada, "plan_leaving")),
        ]

    few = asked()
    for _ in range(20):
        town = MunicipalityFactory(district=setting.district)
        AssignmentFactory(contact_person=setting.ada, municipality=town)
        AssignmentFactory(contact_person=ContactPersonFactory(office=setting.office), municipality=town, role="deputy")
    assert asked() == few


def test_queries_of_list_and_record_do_not_grow(setting: Setting, handover: Handover) -> None:  # noqa: F811
    client = lead(setting)
    pages = [handover.get_absolute_url(), reverse("handover_list"), reverse("handover_list") + "?format=csv"]
    few = [queries(client, page) for page in pages]
    for _ in range(10):
        post = ContactPersonFactory(office=setting.office, person=PersonFactory())
        AssignmentFactory(contact_person=post, municipality=MunicipalityFactory(district=setting.district))
        confirm(client, page_of(post), typed(all_to=setting.ben.pk))
    assert [queries(client, page) for page in pages] == few
