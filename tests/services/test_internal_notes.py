"""An internal note never leaves the office: its marker is looked for in everything that anybody else is handed out.

Every address of the portal is asked for, found by walking the addresses and the links of the pages, so that a page
that comes later is looked at too.
"""

import io
import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, suppress
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pypdfium2
import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from common import disclosure, outbox, personal_data
from services import links
from services.models import ServiceRequest
from tests import roles
from tests.factories import UserFactory
from tests.roles import World
from tests.services.office import signed_in
from tests.test_role_walk import PAGES, arguments

pytestmark = pytest.mark.django_db

MARKER = "Zitronenfalterflug"
SEARCHES = (f"?q={MARKER}", f"?ansicht=alle&q={MARKER}", "?ansicht=alle&format=csv", "?ansicht=alle&format=xlsx")
MOST_QUERIES = 7  # of one page: searches, files, and some of its orders and filters


@pytest.fixture
def world(db: None, settings: Any, tmp_path: Any) -> World:
    settings.FILES_ROOT = tmp_path
    return with_marker(roles.world())


def with_marker(world: World) -> World:
    """A request with everything that the office writes for itself, in each of its states that may follow."""
    request: ServiceRequest = world.this[ServiceRequest]
    world.users["requester"] = UserFactory(password=roles.PASSWORD)
    ServiceRequest.objects.filter(pk=request.pk).update(account=world.users["requester"])
    who = {"at": timezone.now(), "by": world.users["coordinator"]}
    request.note(f"Nur für uns: {MARKER}. Antworten gehen an {request.requester_email}.", **who)
    file = SimpleUploadedFile(f"{MARKER}.pdf", b"%PDF-1.7 " + MARKER.encode())
    file.kind = "pdf"  # type: ignore[attr-defined]
    request.attach([file], **who, text=MARKER, is_internal=True)
    request.answer("Gern.", **who)
    request.schedule(timezone.now(), **who)
    request.note(MARKER, **who)
    request.complete(**who)
    return world


def text_of(response: Any) -> str:
    """What the answer says, also inside a packed file."""
    content = b"".join(response.streaming_content) if response.streaming else response.content
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            content = b" ".join(package.read(name) for name in package.namelist())
    if content.startswith(b"%PDF"):
        with closing(pypdfium2.PdfDocument(content)) as document:
            return " ".join(page.get_textpage().get_text_range() for page in document)
    return content.decode(errors="replace") + str(response.headers)


def addresses(world: World) -> list[str]:
    """All of the portal's, and the links without account."""
    found = [reverse(name, kwargs=arguments(name, world)) for name in PAGES]
    request = world.this[ServiceRequest]
    for purpose in (links.CONFIRM_LINK, links.FOLLOW_LINK, links.FEEDBACK_LINK):
        with suppress(NoReverseMatch):  # the page is not there yet
            found.append("/" + links.address_of(purpose, request, timezone.now()).split("/", 3)[3])
    return found


def said(client: Client, world: World) -> Iterator[tuple[str, str]]:
    """Each address and what it says: all of the portal, what its pages lead to, and what its lists find of the word."""
    waiting = addresses(world)
    known, queries = set(waiting), Counter[str]()
    while waiting:
        address = waiting.pop()
        response = client.get(address)
        if response.status_code != 200:
            continue
        text = text_of(response)
        yield address, text
        if "text/html" not in response["Content-Type"]:
            continue
        ways = [urljoin(address, unescape(link)) for link in re.findall(r'href="([/?][^"#]*)', text)]
        ways.sort(key=lambda way: "format=" not in way)  # files before other orders and filters
        if 'name="q"' in text:
            ways = [urljoin(address, query) for query in SEARCHES] + ways
        for way in ways:
            path, _mark, query = way.partition("?")
            if way in known or path.startswith(("/en/", "/static/", reverse("account_logout"))):
                continue
            if query and queries[path] >= MOST_QUERIES:
                continue
            known.add(way)
            queries[path] += bool(query)
            waiting.append(way)


@pytest.mark.parametrize("role", ["visitor", "town_hall", "other_town_hall", "requester", "other_coordinator"])
def test_marker_of_internal_notes_is_in_nothing_that_others_get(world: World, role: str) -> None:
    found = [
        address
        for address, text in said(world.client(role), world)
        # What was asked for is repeated in the field of a search.
        if MARKER in re.sub(rf'(value="|„|“|q=){MARKER}', "", text)
    ]
    assert found == []


def test_walk_would_find_the_marker(world: World) -> None:
    request = world.this[ServiceRequest]
    client = signed_in(world.users["coordinator"])
    assert MARKER in text_of(client.get(request.get_absolute_url()))
    assert request.get_absolute_url() in dict(said(world.client("requester"), world))


def test_marker_is_in_no_mail(world: World) -> None:
    while outbox.deliver_due():
        pass
    request = world.this[ServiceRequest]
    assert [message for message in mail.outbox if request.reference in message.subject]
    for message in mail.outbox:
        assert MARKER not in str(message.message())
        assert MARKER not in message.body


@pytest.mark.parametrize("root", ["accounts.User", "services.ServiceRequest"])
def test_marker_is_in_nothing_that_is_told_of_personal_data(world: World, tmp_path: Path, root: str) -> None:
    request = world.this[ServiceRequest]
    key = request.pk if root == "services.ServiceRequest" else world.users["requester"].pk
    for file in request.files.all():
        (tmp_path / file.name).touch()  # some of the world are rows alone
    disclosure.write(disclosure.disclose(personal_data.people(root, [key]), timezone.now()), tmp_path / "auskunft")
    told = b"".join(path.read_bytes() for path in (tmp_path / "auskunft").rglob("*") if path.is_file()).decode()
    assert request.reference in told
    assert "Gern." in told
    assert MARKER not in told
