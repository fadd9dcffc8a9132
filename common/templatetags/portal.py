"""Small tags and filters that every template may use."""

from django.template import Library

register = Library()
