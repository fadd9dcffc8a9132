"""The administrators' place for services: the catalogue, handling of requests, and requests and results to look up."""

from services.admin import catalogue, outcomes, requests

__all__ = ["catalogue", "outcomes", "requests"]
