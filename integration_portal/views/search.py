"""The site search: everything of that name that one may see."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView

from common.periods import today
from contacts.filters import LONGEST_QUERY, containing_words
from contacts.links import RowLinks
from contacts.models import ContactPerson, Office
from contacts.responsibility import contact_of
from forums.models import Forum, SearchEntry
from forums.search import hits, newest
from integration_portal.views.towns import looked_up
from municipalities.models import Municipality
from services.models import ServiceOffering, ServiceRequest

MOST = 10  # results of each kind; the lists show the rest
MOST_HITS = 5  # in what forums said


class SearchForm(forms.Form):
    q = forms.CharField(label=_("Search for"), max_length=LONGEST_QUERY, required=False)


class SiteSearch(RowLinks, TemplateView):
    template_name = "portal/search.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        form = SearchForm(self.request.GET)
        text = form.cleaned_data["q"] if form.is_valid() else ""
        return super().get_context_data(form=form, text=text, **(self.found(text) if text else {}), **kwargs)

    def found(self, text: str) -> dict[str, Any]:
        user = self.request.user
        current = ContactPerson.objects.visible_to(user).current(today()).select_related("person", "office")
        said = newest(SearchEntry.objects.visible_to(user).saying(text), MOST_HITS)
        offered = ServiceOffering.objects.visible_to(user).offered(today())
        posts = containing_words(current, "person__sort_key", text).order_by("person__sort_key")[:MOST]
        return {
            "towns": looked_up(Municipality.objects.all(), text, limit=MOST),
            "people": [contact for post in posts if (contact := contact_of(post, user))],
            "offices": containing_words(Office.objects.visible_to(user), "sort_key", text)[:MOST],
            "services": offered.in_catalogue().containing(text).select_related("office")[:MOST],
            "forums": containing_words(Forum.objects.visible_to(user), "sort_key", text)[:MOST],
            "requests": ServiceRequest.objects.visible_to(user).received().saying(text).with_details()[:MOST],
            "hits": hits(said[:MOST_HITS], text),
            "has_more_hits": len(said) > MOST_HITS,
        }
