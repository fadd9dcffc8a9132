"""Two posts of one human at an office become one: an offering that names both names the one that stays."""

from contacts import merging
from contacts.models import ContactPerson
from services.models import OfferingContact


def join() -> None:
    merging.join_posts(_join)


def _join(stays: ContactPerson, goes: ContactPerson) -> None:
    named = OfferingContact.objects.filter(post=stays)
    OfferingContact.objects.filter(post=goes, offering__in=named.values("offering")).delete()
