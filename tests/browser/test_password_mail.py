"""Somebody has forgotten their password: asks in the browser, gets a real mail, follows its link, and signs in."""

import re
import urllib.request
from typing import Any

import pytest
from pytest_django.live_server_helper import LiveServer
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.wait import WebDriverWait

from accounts.demo import LEAD
from accounts.models import User
from tests.browser.conftest import Browser
from tests.common.worker import worker
from tests.mail_server import MailServer

pytestmark = pytest.mark.django_db

PASSWORD = "ein ganz neues Passwort"


def fill_and_send(browser: Browser, **fields: str) -> None:
    """By the keyboard alone."""
    with browser.next_page():
        for name, text in fields.items():
            field = browser.find_element(By.NAME, name)
            field.send_keys(text)
        field.send_keys(Keys.ENTER)


def test_forgotten_password_is_set_anew_by_mail(
    demonstration: None, server: LiveServer, without_javascript: Browser
) -> None:
    browser = without_javascript
    browser.visit("/konto/anmelden/")
    browser.find_element(By.CSS_SELECTOR, "a[href='/konto/passwort-vergessen/']").click()
    fill_and_send(browser, email=LEAD.email)
    assert "/konto/passwort-vergessen/gesendet/" in browser.current_url

    with MailServer() as mail_server, worker(mail_server, PUBLIC_URL=server.url, DEMO="1"):
        WebDriverWait(browser, 60).until(lambda _: mail_server.to(LEAD.email))
    [mail] = mail_server.to(LEAD.email)
    plain: Any = mail.get_body(("plain",))
    [address] = re.findall(r"https?://\S+/konto/zugang/\S+", plain.get_content())

    before = User.objects.get(email=LEAD.email).password
    for _ in range(2):  # a scanner opens every link before its reader does
        with urllib.request.urlopen(address) as response:
            assert response.status == 200
    assert User.objects.get(email=LEAD.email).password == before

    browser.get(address)
    fill_and_send(browser, password1=PASSWORD, password2=PASSWORD)
    fill_and_send(browser, login=LEAD.email, password=PASSWORD)
    browser.visit("/konto/")
    assert LEAD.name in browser.find_element(By.TAG_NAME, "h1").text
