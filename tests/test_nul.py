"""PostgreSQL refuses a NUL in any text: in an address it is nonsense like any other, answered by a page."""

from collections.abc import Iterator

import pytest
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from common.lists import ORDER, PAGE, ListPage
from tests import roles
from tests.roles import World
from tests.test_role_walk import arguments

pytestmark = pytest.mark.django_db


def pages(resolver: URLResolver | None = None) -> Iterator[tuple[str, list[str]]]:
    """The name of every list's address, with the parameters that it reads."""
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLResolver):
            yield from pages(pattern)
        elif isinstance(pattern, URLPattern) and pattern.name:
            view = getattr(pattern.callback, "view_class", None)
            if view and issubclass(view, ListPage):
                yield pattern.name, [*view.filterset_class.base_filters, *view.kept, ORDER, PAGE]


@pytest.fixture
def world() -> World:
    return roles.world()


def test_lists_are_found() -> None:
    assert {"offerings", "requests", "own_requests", "deliveries", "forum_list"} <= dict(pages()).keys()


@pytest.mark.parametrize("role", ["visitor", "lead"])
def test_nul_in_any_filter_of_any_list_is_no_error(world: World, role: str) -> None:
    client = world.client(role)
    client.raise_request_exception = False
    answers = {}
    for name, parameters in pages():
        address = reverse(name, kwargs=arguments(name, world))
        for parameter in dict.fromkeys(parameters):
            for value in ("\x00", "1\x00"):
                answers[name, parameter, value] = client.get(address, {parameter: value}).status_code
    assert {asked: status for asked, status in answers.items() if status >= 500} == {}
