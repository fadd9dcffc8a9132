"""Offices, contact persons and the legal texts."""

import datetime
from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

from django.db.models import Prefetch, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView, View

from common import markup, periods, qr_codes, vcards
from common.lists import Column, ListPage, both_ways
from common.periods import today
from contacts import linked_data
from contacts.days import DAY, ShowsDay
from contacts.filters import OfficeFilter
from contacts.links import RowLinks
from contacts.models import Absence, Assignment, ContactPerson, FormerPost, LegalText, Office
from contacts.responsibility import Contact, contact_of, office_contact, stand_ins
from contacts.rules import is_own_post
from contacts.vcards import compact_card, office_card, person_card


class OfficeList(RowLinks, ListPage):
    """All offices of the portal."""

    template_name = "contacts/office_list.html"
    filterset_class = OfficeFilter
    orders = (*both_ways("name", _("Name"), "sort_key", "pk"), *both_ways("ort", _("Town"), "town", "sort_key", "pk"))
    columns = (
        Column(_("Office"), lambda office: office.name),
        Column(_("Kind"), lambda office: office.get_kind_display()),
        Column(_("Street"), lambda office: office.street),
        Column(_("Postal code"), lambda office: office.postal_code),
        Column(_("Town"), lambda office: office.town),
        Column(_("Phone"), lambda office: office.telephone or ""),
        Column(_("Mail"), lambda office: office.email),
        Column(_("Website"), lambda office: office.website),
        Column(_("As of"), lambda office: office.changed_at.date()),
    )
    file_name = "stellen"

    def rows(self) -> QuerySet[Office]:
        return Office.objects.visible_to(self.request.user)

    def complete(self, rows: list[Office]) -> list[tuple[Office, Contact]]:
        return [(office, office_contact(office)) for office in rows]

    def stand(self, rows: list[tuple[Office, Contact]]) -> datetime.date | None:
        return max((contact.as_of for _office, contact in rows if contact.as_of), default=None)

    def lines(self, rows: list[tuple[Office, Contact]]) -> list[Office]:
        return [office for office, _contact in rows]


class OfficePage(RowLinks, TemplateView):
    """Who an office is, where it is found, what it serves and who works there."""

    template_name = "contacts/office.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user = self.request.user
        office = get_object_or_404(Office.objects.visible_to(user), slug=kwargs["slug"])
        current = ContactPerson.objects.visible_to(user).current(today()).filter(office=office)
        posts = list(current.select_related("person").order_by("person__sort_key"))
        for post in posts:
            post.office = office
        absent = stand_ins(posts, today(), user)
        people = [(contact, absent.get(post.pk)) for post in posts if (contact := contact_of(post, user))]
        contact, shown = office_contact(office), [person for person, _stand_in in people]
        areas = list(office.areas.select_related("district", "association", "municipality"))
        return super().get_context_data(
            office=office,
            contact=contact,
            areas=areas,
            people=people,
            fields=office.fieldofactions.visible_to(user).filter(is_active=True),
            tasks=office.officetasks.visible_to(user).filter(is_active=True),
            target_groups=office.targetgroups.visible_to(user).filter(is_active=True),
            linked_data=linked_data.of_office(contact, areas, shown) if not user.is_authenticated else "",
            **kwargs,
        )


class LeadsOnFromMerged(View):
    """Leads from the address of a post that became one with another to that one, where the viewer may see it."""

    address: ClassVar[str]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return super().dispatch(request, *args, **kwargs)
        except Http404:
            shown = ContactPerson.objects.visible_to(request.user).current(today())
            former = FormerPost.objects.filter(key=kwargs["pk"], post__in=shown).first()
            if former is None:
                raise
            return redirect(self.address, pk=former.post_id, permanent=True)


class ContactPersonPage(LeadsOnFromMerged, ShowsDay, RowLinks, TemplateView):
    """A person's post at an office: how to reach them and which towns they are there for."""

    address = "contact_person"
    template_name = "contacts/person.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user = self.request.user
        posts = ContactPerson.objects.visible_to(user).select_related("person", "office")
        # Of somebody who is no longer there, or not yet, another day may be asked for.
        post = get_object_or_404(posts if DAY in self.request.GET else posts.current(self.on), pk=kwargs["pk"])
        self.check_day(post.office)
        contact = contact_of(post, user)
        if contact is None:
            raise Http404
        assignments = (
            Assignment.objects.visible_to(user)
            .current(self.on)
            .filter(contact_person=post)
            .select_related("municipality", "field")
            .order_by("municipality__sort_key", "field__position")
        )
        return super().get_context_data(
            contact=contact,
            office=post.office,
            is_held=periods.contains(post.period, self.on),
            stand_in=stand_ins([post], self.on, user).get(post.pk),
            primary=[a for a in assignments if a.role == Assignment.Role.PRIMARY],
            deputy=[a for a in assignments if a.role == Assignment.Role.DEPUTY],
            fields=post.fields.visible_to(user),
            confirmed_on=post.confirmed_on,
            may_confirm=is_own_post(user, post) and periods.contains(post.period, today()),
            qr_code="" if DAY in self.request.GET else qr_codes.svg(vcards.written([compact_card(contact)]).decode()),
            may_hand_over=user.has_perm("contacts.plan_handover", post),
            may_leave=user.has_perm("contacts.plan_leaving", post),
            **self.for_staff(post),
            **kwargs,
        )

    def for_staff(self, post: ContactPerson) -> dict[str, Any]:
        """The absences to come and what may be done about them, for those who work at the office."""
        user = self.request.user
        if not user.has_perm("contacts.view_absence", post):
            return {}
        absences = Absence.objects.filter(contact_person=post).upcoming(today())
        return {
            "absences": absences.select_related("substitute__person").order_by("days"),
            "may_enter_absence": user.has_perm("contacts.add_absence", post),
            "today": today(),
        }


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


class LegalPage(TemplateView):
    """A legal text of the portal's operator."""

    template_name = "legal/text.html"
    kind: ClassVar[LegalText.Kind] = LegalText.Kind.IMPRINT

    def owner(self) -> Office | None:
        return None

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        office = self.owner()
        text = LegalText.objects.filter(office=office, kind=self.kind).first()
        return super().get_context_data(
            office=office,
            title=LegalText.Kind(self.kind).label,
            text=text,
            operator_url=reverse(self.kind.name.lower()),
            body=markup.rendered(text.body) if text else "",
            **kwargs,
        )


class OfficeLegalPage(LegalPage):
    """A legal text of an office."""

    def owner(self) -> Office:
        return get_object_or_404(Office.objects.visible_to(self.request.user), slug=self.kwargs["slug"])
