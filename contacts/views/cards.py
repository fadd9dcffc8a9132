"""Contacts as files for an address book."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import Prefetch, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.text import slugify
from django.views.generic import View

from common import vcards
from common.periods import today
from contacts.models import Assignment, ContactPerson, Office
from contacts.responsibility import Contact, contact_of, office_contact, stand_ins
from contacts.vcards import office_card, person_card
from contacts.views.people import LeadsOnFromMerged


class CardFile(View):
    """Contacts as a file for an address book: vCard 4.0, or 3.0 where `?version=3` asks for it."""

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        asked = request.GET.get("version")
        version = vcards.Version.THREE if asked in ("3", "3.0") else vcards.Version.FOUR
        name, cards = self.cards(version)
        file_name = slugify(name) or "kontakt"
        return HttpResponse(
            vcards.written(cards),
            content_type=vcards.CONTENT_TYPE,
            headers={"Content-Disposition": f'attachment; filename="{file_name}.vcf"'},
        )

    def cards(self, version: vcards.Version) -> tuple[str, Iterable[vcards.Card]]:
        """The file's name and what is in it."""
        raise NotImplementedError

    def contacts(self, posts: Iterable[Any]) -> list[tuple[Contact, Any]]:
        """The posts as the viewer sees them."""
        found = ((contact_of(post, self.request.user), post) for post in posts)
        return [(contact, post) for contact, post in found if contact]

    def of_people(self, people: list[tuple[Contact, Any]], version: vcards.Version) -> Iterator[vcards.Card]:
        absent = stand_ins([post for _contact, post in people], today(), self.request.user)
        for contact, post in people:
            yield person_card(contact, post, post.current_assignments, absent.get(post.pk), version)

    def posts(self) -> QuerySet[ContactPerson]:
        """Today's posts with their assignments, in alphabetical order."""
        user = self.request.user
        current = Assignment.objects.visible_to(user).current(today()).select_related("municipality", "field")
        assignments = current.order_by("municipality__sort_key", "field__position")
        posts = ContactPerson.objects.visible_to(user).current(today()).select_related("person", "office")
        return posts.prefetch_related(Prefetch("assignments", assignments, to_attr="current_assignments")).order_by(
            "person__sort_key", "pk"
        )


class ContactPersonCard(LeadsOnFromMerged, CardFile):
    """A contact person."""

    address = "contact_person_card"

    def cards(self, version: vcards.Version) -> tuple[str, Iterable[vcards.Card]]:
        people = self.contacts([get_object_or_404(self.posts(), pk=self.kwargs["pk"])])
        if not people:
            raise Http404
        return people[0][0].name, self.of_people(people, version)


class OfficeCard(CardFile):
    """An office with the people whom it publishes; others are not passed on by mistake."""

    def cards(self, version: vcards.Version) -> tuple[str, Iterable[vcards.Card]]:
        office = get_object_or_404(Office.objects.visible_to(self.request.user), slug=self.kwargs["slug"])
        people = self.contacts(self.posts().filter(office=office, is_published=True))
        return office.name, [office_card(office_contact(office), version), *self.of_people(people, version)]
