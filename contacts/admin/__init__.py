"""The administrators' place: offices, people and who is responsible for which town."""

from contacts.admin import offices, people, responsibility

__all__ = ["offices", "people", "responsibility"]
