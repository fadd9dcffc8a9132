"""List pages: the rows one may see, filtered, sorted and in pages, and the same rows as a file.

A list page declares its rows, filters, orders and columns; everything else is here. All its state is in the
address, so that a list can be bookmarked, sent on, and found again after a detour.
"""

import datetime
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Any, ClassVar

from django.core.paginator import Page, Paginator
from django.db.models import Count, F, OrderBy, QuerySet, Window
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.views.generic import TemplateView
from django_filters import FilterSet

from common import csv, xlsx
from common.kept_queries import KeptQuery
from common.periods import day_of
from common.sort_keys import SortKey, sort_key

PAGE = "seite"
ORDER = "sortierung"
FORMAT = "format"
LETTER = "buchstabe"

FILES = {"csv": csv, "xlsx": xlsx}  # what a list may be downloaded as, by the format asked for
BATCH = 1000  # rows of an export that are completed together
NUMBER = re.compile("[1-9][0-9]{0,5}")  # of a page


@dataclass(frozen=True)
class Order:
    """A way to sort a list; `key` is its name in the address."""

    key: str
    label: Any
    fields: tuple[str | OrderBy, ...]


def both_ways(key: str, label: Any, *fields: str | SortKey) -> tuple[Order, Order]:
    """Sorted by the fields, and turned round; rows without a value come last either way."""
    by = [F(field) if isinstance(field, str) else field for field in fields]
    return (
        Order(key, label, tuple(one.asc(nulls_last=True) for one in by)),
        Order(f"-{key}", label, tuple(one.desc(nulls_last=True) for one in by)),
    )


@dataclass(frozen=True)
class Column:
    """A column of the exported file; `cell` is given a line of it."""

    heading: Any
    cell: Callable[[Any], object]


def _in_file(value: object) -> object:
    """What a file holds of it: of a moment the day in Berlin."""
    return day_of(value) if isinstance(value, datetime.datetime) else value


class ListPage(TemplateView):
    """A page of rows. Subclasses say which rows, and may complete the rows of one page with `complete`."""

    filterset_class: type[FilterSet]
    orders: ClassVar[tuple[Order, ...]]
    columns: ClassVar[tuple[Column, ...]]
    file_name: ClassVar[str]
    page_size: ClassVar[int] = 50
    kept: ClassVar[tuple[str, ...]] = (ORDER,)  # parameters that stay when the filters change

    def rows(self) -> QuerySet[Any]:
        """All rows that the user may see."""
        raise NotImplementedError

    def complete(self, rows: list[Any]) -> list[Any]:
        """The rows of one page with what belongs to each, fetched for all of them at once."""
        return rows

    def stand(self, rows: list[Any]) -> datetime.date | None:
        """The day of the last change or confirmation of what these rows show."""
        return None

    def only_answer(self, found: Any) -> str | None:
        """Where to go at once instead of showing the list."""
        return None

    def lines(self, rows: list[Any]) -> Iterable[Any]:
        """The lines of the exported file for some rows; there may be several to a row."""
        return rows

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self.filterset = self.filterset_class(request.GET, queryset=self.rows(), request=request)
        # A filter that cannot be understood narrows to nothing, beside a message, rather than showing other rows.
        found = self.filterset.qs if self.filterset.is_valid() else self.rows().none()
        self.order = next((order for order in self.orders if order.key == request.GET.get(ORDER)), self.orders[0])
        found = self.sorted(found)
        if (file_format := request.GET.get(FORMAT)) in FILES:
            return self.as_file(found, file_format)
        if address := self.only_answer(found):
            return redirect(address)
        return self.render_to_response(self.get_context_data(found=found, **kwargs))

    def sorted(self, found: QuerySet[Any]) -> QuerySet[Any] | list[Any]:
        return found.order_by(*self.order.fields)

    def as_file(self, found: QuerySet[Any] | list[Any], file_format: str) -> HttpResponse:
        kind = FILES[file_format]
        return HttpResponse(
            kind.written([column.heading for column in self.columns], self._cells(found)),
            content_type=kind.CONTENT_TYPE,
            headers={"Content-Disposition": f'attachment; filename="{self.file_name}.{file_format}"'},
        )

    def _cells(self, found: QuerySet[Any] | list[Any]) -> Iterable[list[object]]:
        rows = iter(found if isinstance(found, list) else found.iterator(chunk_size=BATCH))
        while batch := list(islice(rows, BATCH)):
            for line in self.lines(self.complete(batch)):
                yield [_in_file(column.cell(line)) for column in self.columns]

    def page_of(self, found: QuerySet[Any] | list[Any]) -> Page[Any]:
        """The page that the address asks for, or the nearest."""
        return Paginator(found, self.page_size).get_page(self.request.GET.get(PAGE))

    def get_context_data(self, *, found: QuerySet[Any] | list[Any], **kwargs: Any) -> dict[str, Any]:
        page = self.page_of(found)
        rows = self.complete(list(page))
        return super().get_context_data(
            filterset=self.filterset,
            page=page,
            rows=rows,
            stand=self.stand(rows),
            order=self.order,
            orders=self.orders,
            kept=[(name, self.request.GET[name]) for name in self.kept if self.request.GET.get(name)],
            narrows=any(self.request.GET.get(name) for name in self.filterset.filters if name != "q"),
            is_filtered=bool(self.request.GET),
            **kwargs,
        )

    def address_without(self, *names: str) -> str:
        """The query of this page's address without some of its parameters."""
        kept = self.request.GET.copy()
        for name in names:
            kept.pop(name, None)
        return kept.urlencode()


class LongList(ListPage):
    """A list of which PostgreSQL sorts the keys alone, and counts them on the way; the rows of the page follow by key.

    With all their columns, and those joined to them, rows take longer to sort than to find. What may be seen is said by
    `rows` alone.
    """

    of_keys: ClassVar[KeptQuery[[list[int]], Any]]  # the rows, in any order

    def page_of(self, found: Any) -> Page[Any]:
        asked = self.request.GET.get(PAGE, "1")
        pages: Any = Paginator(found, self.page_size)
        counted: list[tuple[int, int]] = []  # of each row the key, and how many there are in all
        if NUMBER.fullmatch(asked):
            first = self.page_size * (int(asked) - 1)
            counted = list(found.values_list("pk", Window(Count("*")))[first : first + self.page_size])
        if counted or asked == "1":
            pages.count = counted[0][1] if counted else 0
            page = pages.page(asked)
            keys = [key for key, _ in counted]
        else:  # a page behind the last, or none
            page = pages.get_page(asked)
            keys = list(page.object_list.values_list("pk", flat=True))
        rows = {row.pk: row for row in self.rows_of(keys)}
        page.object_list = [rows[key] for key in keys if key in rows]
        return page

    def rows_of(self, keys: list[int]) -> list[Any]:
        """For a list whose rows depend on more than their keys."""
        return self.of_keys(keys)


class Alphabetical(ListPage):
    """A list of rows with a sort key that is also shown letter by letter, by `components/letters.html`."""

    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

    def of_letter(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Those that begin with the letter of the address; all of them where it names none."""
        letter = sort_key(self.request.GET.get(LETTER, ""))
        return rows.filter(sort_key__startswith=letter) if letter else rows

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kept = self.address_without(LETTER, PAGE, FORMAT)
        return super().get_context_data(
            letters=self.letters,
            letter_prefix=f"?{kept}{kept and '&'}{LETTER}=",
            chosen_letter=self.request.GET.get(LETTER),
            **kwargs,
        )
