"""The site search: everything of that name that one may see."""

import datetime
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from common.kept_queries import KeptQuery
from common.periods import today
from common.sort_keys import Word, words_of
from contacts.filters import LONGEST_QUERY, containing_words, words_in_keys
from contacts.links import RowLinks
from contacts.models import ContactPerson, Office
from contacts.responsibility import contact_of
from forums.search import forums_called, hits, newest_saying
from integration_portal.views.towns import looked_up
from municipalities.models import Municipality
from services.models import ServiceOffering, ServiceRequest

MOST = 10  # results of each kind; the lists show the rest
MOST_HITS = 5  # in what forums said


class SearchForm(forms.Form):
    q = forms.CharField(label=_("Search for"), max_length=LONGEST_QUERY, required=False)


@KeptQuery
def posts_called(user: Any, words: list[Word], on: datetime.date) -> "QuerySet[ContactPerson]":
    posts = ContactPerson.objects.visible_to(user).current(on).select_related("person", "office")
    return containing_words(posts, "person__sort_key", words).order_by("person__sort_key")[:MOST]


@KeptQuery
def offices_called(user: Any, words: list[Word]) -> "QuerySet[Office]":
    return containing_words(Office.objects.visible_to(user), "sort_key", words)[:MOST]


@KeptQuery
def services_containing(user: Any, words: list[Word], on: datetime.date) -> "QuerySet[ServiceOffering]":
    offered = ServiceOffering.objects.visible_to(user).offered(on).in_catalogue()
    return offered.containing(words).select_related("office")[:MOST]


@KeptQuery
def requests_saying(user: Any, words: list[Word]) -> "QuerySet[ServiceRequest]":
    found = ServiceRequest.objects.visible_to(user).received().saying(words).values("pk")[:MOST]
    # Joined to all that are found, PostgreSQL would read every town and offering.
    return ServiceRequest.objects.filter(pk__in=found).select_related("offering", "municipality")


class SiteSearch(RowLinks, TemplateView):
    template_name = "portal/search.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        form = SearchForm(self.request.GET)
        text = form.cleaned_data["q"] if form.is_valid() else ""
        return super().get_context_data(form=form, text=text, **(self.found(text) if text else {}), **kwargs)

    def found(self, text: str) -> dict[str, Any]:
        user, on, words, in_keys = self.request.user, today(), words_of(text), words_in_keys(text)
        said = newest_saying(user, text)
        return {
            "towns": looked_up(Municipality.objects.all(), text, limit=MOST),
            "people": [contact for post in posts_called(user, in_keys, on) if (contact := contact_of(post, user))],
            "offices": offices_called(user, in_keys),
            "services": services_containing(user, words, on),
            "forums": forums_called(user, in_keys),
            "requests": requests_saying(user, words),
            "hits": hits(said[:MOST_HITS], text),
            "has_more_hits": len(said) > MOST_HITS,
        }
