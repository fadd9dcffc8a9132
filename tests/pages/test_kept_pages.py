"""Visitors' pages are made once, and again as soon as anything in the database has changed."""

from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from common.unchanged import Unchanged, snapshot
from tests.factories import ContactPersonFactory, MunicipalityFactory, OfficeFactory, UserFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def address() -> str:
    return f"/kommunen/{MunicipalityFactory(ags='05766020', name='Lage').ags}/"


# What other tests change meanwhile in other databases of the server makes everything forgotten, here too.
ATTEMPTS = 10


def queries_for(client: Client, address: str, status: int = 200, **headers: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address, headers=headers).status_code == status
    return len(queries)


def fewest_queries_for(client: Client, address: str, status: int = 200, **headers: str) -> int:
    return min(queries_for(client, address, status, **headers) for _ in range(ATTEMPTS))


def test_a_page_is_made_once(client: Client, address: str) -> None:
    for _ in range(ATTEMPTS):
        made = client.get(address)
        with CaptureQueriesContext(connection) as queries:
            kept = client.get(address)
        if len(queries) == 1:
            break
    assert [query["sql"] for query in queries.captured_queries] == ["SELECT pg_current_snapshot()::text"]
    assert kept.content == made.content
    assert {**kept.headers, "Content-Security-Policy": ""} == {**made.headers, "Content-Security-Policy": ""}


def test_what_changes_shows_on_the_next_request(client: Client, address: str) -> None:
    assert "Lage" in client.get(address).text
    with connection.cursor() as cursor:  # by whatever way it changes
        cursor.execute("UPDATE municipalities_municipality SET name = 'Lage an der Werre'")
    assert "Lage an der Werre" in client.get(address).text


def test_a_change_shows_when_its_transaction_ends(address: str) -> None:
    """The page is kept while another connection holds a change back, and made anew once that is committed."""
    import psycopg2

    client = Client()
    other = psycopg2.connect(**{**connection.get_connection_params(), "cursor_factory": None})
    try:
        with other.cursor() as cursor:
            cursor.execute("UPDATE municipalities_municipality SET name = 'Neustadt'")
        assert "Neustadt" not in client.get(address).text
        assert "Neustadt" not in client.get(address).text
        other.commit()
        assert "Neustadt" in client.get(address).text
    finally:
        other.close()


def test_another_day_is_another_page(client: Client, address: str, time_machine: Any) -> None:
    time_machine.move_to("2026-03-01T12:00:00+01:00")
    client.get(address)
    time_machine.move_to("2026-03-02T12:00:00+01:00")
    assert queries_for(client, address) > 1


def test_each_address_filter_and_language_is_a_page_of_its_own(client: Client, address: str) -> None:
    client.get(address)
    assert queries_for(client, f"/en{address}") > 1
    client.get("/kommunen/")
    assert queries_for(client, "/kommunen/?land=05") > 1


def test_who_has_a_cookie_is_asked_for_anew(client: Client, address: str) -> None:
    """Somebody's own page is neither kept for others nor taken from what visitors got."""
    post = ContactPersonFactory(office=OfficeFactory(), is_published=False)
    user = UserFactory(is_superuser=True)
    visitor, person = Client(), Client()
    person.force_login(user)
    assert visitor.get("/ansprechpersonen/?nach=person").status_code == 200
    assert str(post.person.family_name) in person.get("/ansprechpersonen/?nach=person").text
    assert str(post.person.family_name) not in visitor.get("/ansprechpersonen/?nach=person").text


def test_a_browser_that_has_the_page_gets_nothing_again(client: Client, address: str) -> None:
    etag = client.get(address)["ETag"]
    assert fewest_queries_for(client, address, 304, **{"If-None-Match": etag}) == 1


def test_compressed_and_plain_pages_are_told_apart(client: Client, address: str) -> None:
    assert client.get(address, headers={"Accept-Encoding": "gzip"})["Content-Encoding"] == "gzip"
    assert client.get(address, headers={"Accept-Encoding": "gzip"})["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in client.get(address).headers
    assert "Content-Encoding" not in client.get(address, headers={"Accept-Encoding": "gzipx"}).headers


def test_a_kept_redirect_leads_to_the_same_place(client: Client, address: str) -> None:
    first = client.get(f"{address}?am=2026-03-01")
    assert first.status_code == 302
    with CaptureQueriesContext(connection) as queries:
        assert client.get(f"{address}?am=2026-03-01")["Location"] == first["Location"]
    assert len(queries) == 1


def test_a_kept_file_stays_a_file(client: Client, address: str) -> None:
    first = client.get("/kommunen/?format=csv")
    again = client.get("/kommunen/?format=csv")
    assert again["Content-Disposition"] == first["Content-Disposition"]
    assert again["Content-Type"] == "text/csv; charset=utf-8"


def test_missing_pages_and_forms_are_not_kept(client: Client) -> None:
    for address in ("/kommunen/99999999/", "/konto/anmelden/"):
        first = client.get(address)
        with CaptureQueriesContext(connection) as queries:
            again = Client().get(address)
        assert again.status_code == first.status_code
        assert again.content != b""
        assert len(queries) >= 1
    assert (
        Client().get("/konto/anmelden/").cookies["csrftoken"].value
        != Client().get("/konto/anmelden/").cookies["csrftoken"].value
    )


def test_the_process_answers_without_the_database(client: Client) -> None:
    with CaptureQueriesContext(connection) as queries:
        assert client.get("/healthz").status_code == 200
    assert len(queries) == 0


def test_inside_a_transaction_nothing_is_kept() -> None:
    with transaction.atomic():
        assert snapshot() is None
    assert snapshot() is not None


def test_the_snapshot_stays_while_nothing_changes_and_not_beyond(address: str) -> None:
    seen = snapshot()
    assert snapshot() == seen
    MunicipalityFactory()
    assert snapshot() != seen


def test_a_new_connection_begins_anew() -> None:
    seen = snapshot()
    connection.close()
    assert snapshot() != seen


def test_what_is_asked_for_least_goes_first() -> None:
    kept: Unchanged[str] = Unchanged(10, len)
    kept.keep("1", "a", "xxxx")
    kept.keep("1", "b", "yyyy")
    assert kept.get("1", "a") == "xxxx"
    kept.keep("1", "c", "zzzz")
    assert [kept.get("1", key) for key in "abc"] == ["xxxx", None, "zzzz"]
    kept.keep("1", "d", "too long to be kept")
    assert kept.get("1", "d") is None


def test_choices_of_filters_are_made_again_when_they_change(client: Client) -> None:
    OfficeFactory(slug="eins", name="Stelle Eins")
    client.cookies.load("seen=1")
    with CaptureQueriesContext(connection) as made:
        assert "Stelle Eins" in client.get("/kommunen/").text
    assert fewest_queries_for(client, "/kommunen/") < len(made)
    OfficeFactory(slug="zwei", name="Stelle Zwei")
    assert "Stelle Zwei" in client.get("/kommunen/").text
