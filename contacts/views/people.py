"""A contact person's page."""

from typing import Any, ClassVar

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.views.generic import TemplateView, View

from common import periods, qr_codes, vcards
from common.periods import today
from contacts import page_parts
from contacts.days import DAY, ShowsDay
from contacts.links import RowLinks
from contacts.models import Absence, Assignment, ContactPerson, FormerPost
from contacts.querysets import ContactPersonQuerySet
from contacts.responsibility import contact_of, stand_ins
from contacts.rules import is_own_post, standing
from contacts.vcards import compact_card


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
        post = get_object_or_404(self.posts().select_related("person", "office"), pk=kwargs["pk"])
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
        is_of_own_town = any(standing(user).works_for(assignment.municipality) for assignment in assignments)
        context = super().get_context_data(
            contact=contact,
            office=post.office,
            is_held=periods.contains(post.period, self.on),
            stand_in=stand_ins([post], self.on, user, is_of_own_town).get(post.pk),
            primary=[a for a in assignments if a.role == Assignment.Role.PRIMARY],
            deputy=[a for a in assignments if a.role == Assignment.Role.DEPUTY],
            fields=post.fields.visible_to(user),
            confirmed_on=post.confirmed_on,
            may_confirm=is_own_post(user, post) and periods.contains(post.period, today()),
            qr_code="" if DAY in self.request.GET else qr_codes.svg(vcards.written([compact_card(contact)]).decode()),
            may_hand_over=user.has_perm("contacts.plan_handover", post),
            may_leave=user.has_perm("contacts.plan_leaving", post),
            parts=page_parts.parts_of(page_parts.CONTACT_PERSON, post, user, self.on),
            **self.for_staff(post),
            **kwargs,
        )
        if not periods.contains(post.period, today()):
            context["today_url"] = ""  # there is no page of today
        return context

    def posts(self) -> ContactPersonQuerySet:
        """Today's; of somebody who is no longer there, or not yet, another day may be asked for.

        Town halls may for those who were, are or will be responsible for their town on that day.
        """
        posts = ContactPerson.objects.visible_to(self.request.user)
        if DAY not in self.request.GET:
            return posts.current(self.on)
        of_own_town = Assignment.objects.visible_to(self.request.user).current(self.on).values("contact_person")
        return posts | ContactPerson.objects.filter(pk__in=of_own_town)

    def for_staff(self, post: ContactPerson) -> dict[str, Any]:
        """The absences to come and what may be done about them, for those who work at the office."""
        user = self.request.user
        if not user.has_perm("contacts.view_absence", post):
            return {}
        absences = Absence.objects.filter(contact_person=post).upcoming(today())
        return {
            "absences": absences.select_related("substitute__person").order_by("days"),
            "may_enter_absence": user.has_perm("contacts.add_absence", post)
            and (post.period.upper is None or post.period.upper > today()),
            "today": today(),
        }
