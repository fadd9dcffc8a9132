"""What is measured: each page and lookup, who asks for it, and what was promised."""

import random
from dataclasses import dataclass

BARE = "/bare/"
LONGEST_MEDIAN = 60  # milliseconds, of any page


@dataclass(frozen=True)
class Page:
    name: str
    path: str
    role: str = ""  # who is signed in: a role of the first office
    status: int = 200
    most_cpu: float | None = None  # times the bare page's
    most_queries: int | None = None
    most_ms: int = LONGEST_MEDIAN


PUBLIC_LIST, SIGNED_IN_LIST = 1.5, 2.5


def pages() -> list[Page]:
    """The pages of the first office's area; Dörentrup has a contact person there."""
    from contacts.models import ContactPerson, Office

    office = Office.objects.order_by("pk").first()
    post = ContactPerson.objects.filter(office=office).order_by("pk").first()
    district, town, admin = "05766", "05766024", "/verwaltung/contacts"
    return [
        Page("Start", "/"),
        Page("Town", f"/kommunen/{town}/", most_cpu=1.2, most_queries=6),
        Page("Town no office serves", "/kommunen/16077036/"),
        Page("Lookup: exact name", "/kommunen/?q=D%C3%B6rentrup", status=302),
        Page("Lookup: several answers", "/kommunen/?q=Neuenkirchen"),
        Page("Lookup: typo", "/kommunen/?q=Oerlinghausn"),
        Page("Lookup: suggestions", "/kommunen/vorschlaege/?q=doerent"),
        Page("Towns", "/kommunen/", most_cpu=PUBLIC_LIST),
        Page("Towns of one district", f"/kommunen/?kreis={district}"),
        Page("Directory by town", "/ansprechpersonen/", most_cpu=PUBLIC_LIST),
        Page("Directory by person", "/ansprechpersonen/?nach=person", most_cpu=PUBLIC_LIST),
        Page("Directory by office", "/ansprechpersonen/?nach=stelle"),
        Page("Offices", "/stellen/", most_cpu=PUBLIC_LIST),
        Page("Office", office.get_absolute_url()),
        Page("District with map", f"/kreise/{district}/"),
        Page("Contact list of a district", f"/kreise/{district}/kontakte/"),
        Page("Contact person", post.get_absolute_url()),
        Page("Search", "/suche/?q=Muster"),
        Page("Start, coordinator", "/", role="coordinator"),
        Page("Coverage of an office", "/abdeckung/", role="lead"),
        Page("Coverage of all offices", "/abdeckung/", role="superuser", most_ms=1000),
        Page("Town, coordinator", f"/kommunen/{town}/", role="coordinator"),
        Page("Towns, coordinator", "/kommunen/", role="coordinator", most_cpu=SIGNED_IN_LIST),
        Page("Directory, coordinator", "/ansprechpersonen/", role="coordinator", most_cpu=SIGNED_IN_LIST),
        Page("Admin: assignments", f"{admin}/assignment/", role="administrator", most_cpu=SIGNED_IN_LIST),
        Page("Admin: contact persons", f"{admin}/contactperson/", role="administrator", most_cpu=SIGNED_IN_LIST),
    ]


def lookups() -> list[str]:
    """What people type: names, beginnings, swapped letters, words left out, postal codes; the same every time."""
    from municipalities.models import Municipality, PostalCode

    chance = random.Random(20261124)
    names = chance.sample(sorted(Municipality.objects.values_list("name", flat=True)), 400)
    codes = chance.sample(sorted(PostalCode.objects.values_list("code", flat=True)), 100)
    exact, beginnings, typos, parts = (names[start::4] for start in range(4))
    return [
        *exact,
        *(name[: max(3, len(name) // 2)] for name in beginnings),
        *(name[:2] + name[3:4] + name[2:3] + name[4:] for name in typos),
        *(name.split()[-1] for name in parts),
        *codes,
    ]
