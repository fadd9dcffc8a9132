"""Two entries of one human become one: what would happen, what stands in the way, and doing it.

Everything that points to the entry that goes points to the one that stays afterwards, whatever app it belongs to.
Posts keep their addresses; where both entries hold a post at one office at the same time, the two become one too.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _

from common import periods
from common.database_errors import checked
from common.triggers import pointed_elsewhere
from contacts.models import (
    Absence,
    Assignment,
    ContactPerson,
    ContactPersonField,
    FormerPerson,
    FormerPost,
    Person,
)

# What one chooses between; the account goes along by itself.
FIELDS = ("title", "given_name", "family_name", "phone", "email", "organisation")


@dataclass(frozen=True)
class Choice:
    """A field of both entries."""

    name: str
    label: str
    of_kept: Any
    of_gone: Any

    @property
    def differs(self) -> bool:
        return (self.of_kept or "") != (self.of_gone or "")

    @property
    def takes_gone(self) -> bool:
        """Whether the value of the entry that goes is proposed: only where the other has none."""
        return not self.of_kept and bool(self.of_gone)


@dataclass(frozen=True)
class Doubles:
    """Rows of another app that both entries have and that become one; an app joins its own when it is ready.

    `found` names them; `join` makes them one, before what is left of the entry that goes is pointed to the other.
    """

    found: Callable[[Person, Person], list[str]]
    join: Callable[[Person, Person], None]


_doubles: list[Doubles] = []
_posts: list[Callable[[ContactPerson, ContactPerson], None]] = []


def join_doubles(doubles: Doubles) -> None:
    _doubles.append(doubles)


def join_posts(join: Callable[[ContactPerson, ContactPerson], None]) -> None:
    """Called with the post that stays and one that goes, before what is left of that one is pointed to the other."""
    _posts.append(join)


class _Undone(Exception):
    """Takes a trial's changes back."""


class Merge:
    """The older entry stays, the other goes. Asks the database; whoever carries it out has locked both."""

    def __init__(self, one: Person, other: Person) -> None:
        self.kept, self.gone = sorted((one, other), key=lambda person: person.pk)

    def choices(self) -> list[Choice]:
        fields: dict[str, Any] = {field.name: field for field in Person._meta.concrete_fields}
        return [
            Choice(name, str(fields[name].verbose_name), getattr(self.kept, name), getattr(self.gone, name))
            for name in FIELDS
        ]

    def moving(self) -> Iterator[tuple[type[models.Model], models.QuerySet[Any]]]:
        """What points to the entry that goes, model by model."""
        for field in pointing_to(Person):
            rows = field.model._base_manager.filter(**{field.name: self.gone})
            if rows.exists():
                yield field.model, rows

    def joined_posts(self) -> list[list[ContactPerson]]:
        """The posts at one office at the same time, which become one; the oldest first."""
        posts = ContactPerson.objects.filter(person__in=[self.kept, self.gone]).select_related("office", "person")
        groups: list[list[ContactPerson]] = []
        for post in posts.order_by("office", models.F("period__startswith").asc(nulls_first=True)):
            last = groups[-1] if groups else []
            if any(post.office_id == other.office_id and periods.overlap(post.period, other.period) for other in last):
                last.append(post)
            else:
                groups.append([post])
        return [sorted(group, key=lambda post: post.pk) for group in groups if len(group) > 1]

    def joined_rows(self) -> list[str]:
        """What else becomes one, by name."""
        return [name for doubles in _doubles for name in doubles.found(self.kept, self.gone)]

    def obstacles(self) -> list[str]:
        """Why it cannot be, each with what to do first."""
        found = list(self._known_obstacles())
        return found or self._refusals()

    def _known_obstacles(self) -> Iterator[str]:
        if self.kept.user and self.gone.user:
            words = {"one": self.kept.user.email, "other": self.gone.user.email}
            yield _("Both entries have an account: %(one)s and %(other)s. Take it off one of them first.") % words
        for posts in self.joined_posts():
            yield from _in_the_way(posts)

    def _refusals(self) -> list[str]:
        """What the database says when it is tried; nothing of it stays."""
        try:
            with checked():
                self.carry_out({})
                raise _Undone
        except _Undone:
            pass
        except ValidationError as error:
            return error.messages
        finally:
            self.kept.refresh_from_db()
            self.gone = Person.objects.get(pk=self.gone.pk)
        return []

    def carry_out(self, takes_gone: Mapping[str, bool]) -> Person:
        """Make them one; `takes_gone` says for which fields the value of the entry that goes stays."""
        with checked():
            for choice in self.choices():
                if takes_gone.get(choice.name, choice.takes_gone):
                    setattr(self.kept, choice.name, choice.of_gone)
            account, self.gone.user = self.kept.user or self.gone.user, None
            self.gone.save(update_fields=["user"])
            self.kept.user = account
            self.kept.save()
            for posts in self.joined_posts():
                _join(posts)
            for doubles in _doubles:
                doubles.join(self.kept, self.gone)
            point_elsewhere(self.gone, self.kept)
            FormerPerson.objects.create(key=self.gone.pk, person=self.kept)
            Person.objects.get(pk=self.gone.pk).delete()
        return self.kept


def pointing_to(model: type[models.Model]) -> Iterator[Any]:
    """The foreign keys to the model in all apps, without those of the history."""
    for relation in model._meta.get_fields(include_hidden=True):
        if relation.auto_created and not relation.concrete and (relation.one_to_many or relation.one_to_one):
            related: Any = relation.related_model
            if getattr(related, "pgh_tracked_model", None) is None:
                yield relation.field  # type: ignore[union-attr]


def point_elsewhere(before: models.Model, after: models.Model) -> None:
    """Let everything that points to one row point to another of the same model."""
    for field in pointing_to(type(before)):
        with pointed_elsewhere(field.model):
            field.model._base_manager.filter(**{field.name: before}).update(**{field.name: after})


def _join(posts: list[ContactPerson]) -> None:
    """The oldest post takes over what the others hold, and lasts as long as all of them."""
    stays, *others = posts
    for post in others:
        own = ContactPersonField.objects.filter(contact_person=stays)
        ContactPersonField.objects.filter(contact_person=post, field__in=own.values("field")).delete()
        for join in _posts:
            join(stays, post)
        point_elsewhere(post, stays)
        FormerPost.objects.create(key=post.pk, post=stays)
        post.delete()
        stays.period = periods.together(stays.period, post.period)
        stays.function, stays.room = stays.function or post.function, stays.room or post.room
        stays.languages = list(dict.fromkeys([*stays.languages, *post.languages]))
        stays.confirmed_on = max(filter(None, (stays.confirmed_on, post.confirmed_on)), default=None)
        # What one of them keeps to the office stays there.
        stays.is_published = stays.is_published and post.is_published
        stays.is_phone_published = stays.is_phone_published and post.is_phone_published
        stays.is_email_published = stays.is_email_published and post.is_email_published
    stays.save()


def _in_the_way(posts: Iterable[ContactPerson]) -> Iterator[str]:
    """What two posts that become one cannot both hold."""
    ids = [post.pk for post in posts]
    assignments = Assignment.objects.filter(contact_person__in=ids).select_related("municipality", "field")
    for one, other in combinations(assignments.order_by("municipality__sort_key", "starts_on"), 2):
        same_place = (one.municipality_id, one.field_id) == (other.municipality_id, other.field_id)
        if same_place and periods.overlap(one.valid, other.valid):
            yield _(
                "Both are assigned to %(town)s at the same time: %(one)s and %(other)s. End or delete one of these."
            ) % {"town": one.municipality, "one": _said(one), "other": _said(other)}
    absences = Absence.objects.filter(contact_person__in=ids)
    for first, second in combinations(absences.order_by("days"), 2):
        if periods.overlap(first.days, second.days):
            yield _("Both are away at the same time: %(one)s and %(other)s. Shorten or delete one of these.") % {
                "one": periods.in_words(first.days),
                "other": periods.in_words(second.days),
            }
    for absence in absences.filter(substitute__in=ids):
        yield _("One stands in for the other: %(days)s. Choose another substitute there first.") % {
            "days": periods.in_words(absence.days)
        }


def _said(assignment: Assignment) -> str:
    field = f"{assignment.field}, " if assignment.field else ""
    return f"{field}{assignment.get_role_display()} {periods.in_words(assignment.valid)}"
