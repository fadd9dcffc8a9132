"""What the tests of places share."""

from tests.register import germany  # noqa: F401 - a fixture
