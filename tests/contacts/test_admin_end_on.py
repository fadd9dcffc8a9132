"""*End on …* gives several entries their last day at once: previewed, checked for newer versions, all or none."""

from typing import Any

import pytest
from django.test import Client

from contacts.models import Assignment, ContactPerson
from tests.contacts.admin_pages import Setting, address, day, setting, superuser_client  # noqa: F401


@pytest.fixture
def assignments(setting: Setting) -> list[Assignment]:  # noqa: F811
    return [
        setting.assign(setting.ada, setting.town, "01.01.2026"),
        setting.assign(setting.ben, setting.second_town, "01.03.2026"),
    ]


def send(client: Client, rows: Any, step: str = "", name: str = "assignment", **fields: str) -> Any:
    data = {"action": "end_on", "_selected_action": [row.pk for row in rows], "step": step, **fields}
    if not step:
        data["index"] = "0"
    return client.post(address(f"{name}_changelist"), data)


def carry_out(client: Client, rows: Any, typed: str, name: str = "assignment") -> Any:
    """As a browser goes through it: choose, give the day, look at the preview, confirm."""
    page = send(client, rows, name=name)
    page = send(client, rows, "preview", name=name, last_day=typed, seen=page.context["seen"])
    if not page.context["is_ready"]:
        return page
    return send(client, rows, "carry_out", name=name, last_day=typed, previewed=typed, seen=page.context["seen"])


def last_days(rows: list[Assignment]) -> list[Any]:
    for row in rows:
        row.refresh_from_db()
    return [row.valid.upper for row in rows]


def test_several_assignments_end_on_the_day_given(setting: Setting, assignments: list[Assignment]) -> None:  # noqa: F811
    response = carry_out(setting.client(), assignments, "30.06.2026")

    assert response.status_code == 302
    assert last_days(assignments) == [day("01.07.2026")] * 2


def test_preview_shows_what_will_be_and_changes_nothing(setting: Setting, assignments: list[Assignment]) -> None:  # noqa: F811
    page = send(setting.client(), assignments, "preview", last_day="30.06.2026")

    assert [ending.after for ending in page.context["endings"]] == [
        "01.01.2026 bis 30.06.2026",
        "01.03.2026 bis 30.06.2026",
    ]
    assert last_days(assignments) == [None, None]


def test_nothing_ends_where_one_cannot(setting: Setting, assignments: list[Assignment]) -> None:  # noqa: F811
    page = carry_out(setting.client(), assignments, "31.01.2026")

    assert page.status_code == 200
    assert [bool(ending.errors) for ending in page.context["endings"]] == [False, True]
    assert last_days(assignments) == [None, None]


@pytest.mark.parametrize("typed", ["31.02.2026", "", "morgen", "0\x00"])
def test_impossible_day_is_refused_and_stays(setting: Setting, assignments: list[Assignment], typed: str) -> None:  # noqa: F811
    page = send(setting.client(), assignments, "carry_out", last_day=typed, previewed=typed)

    assert page.context["form"].errors["last_day"]
    assert page.context["form"]["last_day"].value() == typed
    assert last_days(assignments) == [None, None]


def test_day_changed_after_the_preview_is_previewed_again(setting: Setting, assignments: list[Assignment]) -> None:  # noqa: F811
    page = send(setting.client(), assignments, "carry_out", last_day="30.06.2026", previewed="31.05.2026")

    assert page.status_code == 200
    assert page.context["is_ready"]
    assert last_days(assignments) == [None, None]


def test_entry_changed_meanwhile_is_shown_again(setting: Setting, assignments: list[Assignment]) -> None:  # noqa: F811
    client = setting.client()
    seen = send(client, assignments).context["seen"]
    assignments[1].end_on(day("30.09.2026"))

    typed = {"last_day": "30.06.2026", "previewed": "30.06.2026"}
    page = send(client, assignments, "carry_out", seen=seen, **typed)

    assert [bool(ending.errors) for ending in page.context["endings"]] == [False, True]
    assert last_days(assignments) == [None, day("01.10.2026")]
    assert send(client, assignments, "carry_out", seen=page.context["seen"], **typed).status_code == 302
    assert last_days(assignments) == [day("01.07.2026")] * 2


def test_entries_of_another_office_are_left_alone(setting: Setting, assignments: list[Assignment]) -> None:  # noqa: F811
    rows = [assignments[0], setting.elsewhere]

    page = send(setting.client(), rows, "preview", last_day="30.06.2026")

    assert [ending.entry for ending in page.context["endings"]] == [assignments[0]]


def test_post_ends_with_its_assignments(setting: Setting, assignments: list[Assignment]) -> None:  # noqa: F811
    response = carry_out(setting.client(), [setting.ada], "30.06.2026", name="contactperson")

    assert response.status_code == 302
    assert ContactPerson.objects.get(pk=setting.ada.pk).period.upper == day("01.07.2026")
    assert last_days(assignments) == [day("01.07.2026"), None]
