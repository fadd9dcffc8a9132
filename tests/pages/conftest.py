"""What the tests of the pages stand on."""

from typing import Any

import pytest


@pytest.fixture
def world(db: None) -> Any:
    from tests.pages.world import small_world  # models may be imported only once the settings are there

    return small_world()
