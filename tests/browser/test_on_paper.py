"""What people take along on paper or by camera: printed and shown by Chromium, and read back."""

import base64
import io
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pypdfium2
import pytest
import vobject
import zxingcpp
from PIL import Image
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.common.by import By

from common.periods import period, today
from contacts.models import ContactPerson
from municipalities.models import Municipality
from tests.browser.conftest import NARROW, WAIT, WIDE, Browser
from tests.factories import AbsenceFactory

pytestmark = pytest.mark.django_db

MILLIMETRES = 25.4 / 72  # a point


@contextmanager
def printed(browser: Browser, path: str) -> Iterator[pypdfium2.PdfDocument]:
    """The page as the browser prints it by itself, without backgrounds."""
    browser.visit(path)
    document = pypdfium2.PdfDocument(base64.b64decode(_print(browser)))
    yield document
    document.close()


def _print(browser: Browser) -> str:
    """The PDF in base64. On a busy machine Chromium's own print service is not always up when it is first asked."""
    options = {"preferCSSPageSize": True, "printBackground": False}
    end = time.monotonic() + WAIT
    while True:
        try:
            return browser.execute_cdp_cmd("Page.printToPDF", options)["data"]
        except WebDriverException as error:
            if "Printing failed" not in str(error) or time.monotonic() > end:
                raise
            time.sleep(1)


def text_of(document: pypdfium2.PdfDocument) -> str:
    """What stands on the paper; words that are broken at the end of a line are put together again."""
    return "".join(page.get_textpage().get_text_range() for page in document).replace("\r\n", " ")


def letters(text: str) -> str:
    return "".join(sign for sign in text if sign.isalnum())


@pytest.fixture(scope="module")
def posts(demonstration: None, django_db_blocker: Any) -> list[ContactPerson]:
    """Lippe's contact persons with phone and mail; two of them are away today."""
    with django_db_blocker.unblock():
        posts = list(ContactPerson.objects.filter(office__slug="lippe").select_related("person"))
        for number, post in enumerate(posts):
            post.person.phone = f"05231 62-21{number}0"
            post.person.email = f"{post.person.family_name.lower()}@integrationszentrum-kreis-lippe.example.org"
            post.person.save()
        for away, substitute in (posts[0:2], posts[2:4]):
            AbsenceFactory(contact_person=away, substitute=substitute, days=period(today(), today()))
    return posts


def test_contact_list_of_lippe_fits_one_page_with_every_detail_filled_in(
    posts: list[ContactPerson], browser: Browser
) -> None:
    with printed(browser, "/kreise/05766/kontakte/") as document:
        assert len(document) == 1
        assert [round(side * MILLIMETRES) for side in document[0].get_size()] == [210, 297]
        text = letters(text_of(document))

    today_in_words = f"{today():%d.%m.%Y}"
    towns = Municipality.objects.filter(district__ags="05766").values_list("name", flat=True)
    assert len(towns) == 16
    for shown in (
        *towns,
        *(post.person.name for post in posts),
        "Kommunales Integrationszentrum Kreis Lippe",
        today_in_words,
        f"vertreten durch {posts[1].person.name} bis {today_in_words}",
        f"vertreten durch {posts[3].person.name} bis {today_in_words}",
        "05231 62-2110",
    ):
        assert letters(shown) in text


def read_code(picture: Image.Image) -> dict[str, Any]:
    """What a camera makes of the only QR code in the picture: the values of its vCard."""
    [code] = zxingcpp.read_barcodes(picture, formats=zxingcpp.BarcodeFormat.QRCode)
    return {name: lines[0].value for name, lines in vobject.readOne(code.text).contents.items()}


def expected(post: ContactPerson) -> dict[str, Any]:
    return {
        "version": "3.0",
        "n": vobject.vcard.Name(post.person.family_name, post.person.given_name),
        "fn": post.person.name,
        "org": ["Kommunales Integrationszentrum Kreis Lippe"],
        "tel": post.person.phone_e164,
        "email": post.person.email,
        "url": f"http://testserver/ansprechpersonen/{post.pk}/",
    }


@pytest.mark.parametrize("size", [WIDE, NARROW])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_code_is_read_off_the_screen(
    posts: list[ContactPerson], browser: Browser, size: tuple[int, int], scheme: str
) -> None:
    browser.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    )
    browser.resize(size)
    browser.visit(f"/ansprechpersonen/{posts[0].pk}/")
    browser.execute_script("document.querySelector('.qr-code').scrollIntoView({block: 'center', behavior: 'instant'})")

    shown = Image.open(io.BytesIO(browser.get_screenshot_as_png()))

    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    assert read_code(shown) == expected(posts[0])


def test_code_is_read_off_paper(posts: list[ContactPerson], browser: Browser) -> None:
    with printed(browser, f"/ansprechpersonen/{posts[0].pk}/") as document:
        [page] = document
        picture = page.render(scale=150 / 72, grayscale=True).to_pil()  # a poor printer's dots to the inch

    assert read_code(picture) == expected(posts[0])


@pytest.mark.parametrize("path", ["/kommunen/05766024/", "/stellen/lippe/"])
def test_data_for_machines_is_not_stopped_by_the_policy(demonstration: None, browser: Browser, path: str) -> None:
    browser.visit(path)
    block = browser.find_element(By.CSS_SELECTOR, "script[type='application/ld+json']").get_attribute("textContent")
    assert json.loads(block or "")["@context"] == "https://schema.org"
    assert [entry["message"] for entry in browser.get_log("browser") if path in entry["message"]] == []
