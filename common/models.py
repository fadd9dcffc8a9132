"""The tables of the pieces that several apps use; each is told in its own module."""

from common.duties import Duty
from common.links import Link
from common.outbox import Message

__all__ = ["Duty", "Link", "Message"]
