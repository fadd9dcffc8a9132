"""The administrators' place for forums: what they are, who belongs to them, their meetings and what came of these."""

from forums.admin import forums, meetings, outcomes, records

__all__ = ["forums", "meetings", "outcomes", "records"]
