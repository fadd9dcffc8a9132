"""The administrators' place: offices, people and who is responsible for which town."""

from contacts.admin import accounts, offices, people, responsibility

__all__ = ["accounts", "offices", "people", "responsibility"]
