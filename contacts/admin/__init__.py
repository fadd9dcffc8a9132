"""The administrators' place: offices, people and who is responsible for which town."""

from contacts.admin import accounts, imports, offices, people, responsibility

__all__ = ["accounts", "imports", "offices", "people", "responsibility"]
