"""The administrators' place for forums: what they are, who belongs to them, and what was asked to be talked about."""

from forums.admin import forums, records

__all__ = ["forums", "records"]
