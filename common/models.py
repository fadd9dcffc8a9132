"""The tables of the pieces that several apps use; each is told in its own module."""

from common.links import Link

__all__ = ["Link"]
