"""The search within forums."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from common.lists import Column, ListPage, Order
from contacts.filters import words_in_keys
from forums.models import SearchEntry
from forums.record_filters import SearchFilter
from forums.search import MOST, Hit, forums_called, hits, newest, newest_saying

FORUMS_NAMED = 5


class ForumSearch(ListPage):
    """What was on agendas, what was said, decided and given to do, as far as one may see it; the newest first."""

    template_name = "forums/search.html"
    filterset_class = SearchFilter
    orders = (Order("neueste", _("Newest first"), ("-day", "-pk")),)
    columns = (
        Column(_("Day"), lambda hit: hit.day),
        Column(_("Kind of hit"), lambda hit: hit.kind_name),
        Column(_("Forum"), lambda hit: hit.forum.name),
        Column(_("Meeting"), lambda hit: hit.meeting.name if hit.meeting else ""),
        Column(_("Title"), lambda hit: hit.name),
        Column(_("Text"), lambda hit: hit.text),
    )
    file_name = "fundstellen"
    page_size = 20
    is_cut = False

    @property
    def asked(self) -> str:
        return self.request.GET.get("q", "").replace("\x00", "").strip()

    @property
    def is_narrowed(self) -> bool:
        """Whether it is asked for more than words."""
        return any(self.request.GET.get(name) for name in self.filterset_class.base_filters if name != "q")

    def rows(self) -> QuerySet[SearchEntry]:
        return SearchEntry.objects.visible_to(self.request.user)

    def sorted(self, found: QuerySet[SearchEntry]) -> list[SearchEntry]:
        if not self.asked:
            return []
        # Those found by words alone, as most are, a kept query gives as well.
        is_plain = not self.is_narrowed and self.filterset.is_valid()
        entries = newest_saying(self.request.user, self.asked) if is_plain else list(newest(found))
        self.is_cut = len(entries) > MOST
        return entries[:MOST]

    def complete(self, rows: list[SearchEntry]) -> list[Hit]:
        return hits(rows, self.asked)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        named = forums_called(self.request.user, words_in_keys(self.asked))[:FORUMS_NAMED]
        context = super().get_context_data(asked=self.asked, forums=named, **kwargs)
        return context | {"is_cut": self.is_cut, "most": MOST}
