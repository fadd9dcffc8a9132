"""The administrators' place for services: the catalogue, how requests are dealt with, and requests to look up."""

from services.admin import catalogue, requests

__all__ = ["catalogue", "requests"]
