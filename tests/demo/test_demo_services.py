"""The demonstration's catalogue: real offices carry what documents name, the invented one all that there is."""

import pytest
from django.db.models import Q
from django.test import Client

from common.periods import today
from services.models import (
    AnswerTemplate,
    OfferingContact,
    Question,
    RequestTerms,
    ServiceOffering,
)

pytestmark = pytest.mark.usefixtures("loaded")


def of(code: str) -> set[str]:
    return set(ServiceOffering.objects.filter(office__code=code).values_list("title", flat=True))


def test_lippe_offers_what_its_document_names() -> None:
    assert of("LIP") == {
        "Austauschforen entwickeln, organisieren und moderieren",
        "Fachvorträge",
        "Beratung zu Konzepten",
        "Wissenstransfer",
        "Analysen",
        "Unterstützung bei der Beantragung von Fördermitteln",
        "Besuch vor Ort",
    }
    for offering in ServiceOffering.objects.filter(office__code="LIP"):
        assert [group.position for group in offering.target_groups.all()] == [2, 3, 4, 5]


def test_each_document_with_services_is_there() -> None:
    assert [len(of(code)) for code in ("BI", "FRI", "HM", "DET")] == [5, 5, 3, 0]


def test_nothing_is_invented_at_real_offices() -> None:
    real = ServiceOffering.objects.filter(office__is_invented=False)
    invented = ~Q(lead_time="") | ~Q(cost="") | ~Q(needs="") | Q(answer_days__gt=0) | Q(request_months__gt=0)
    assert not real.filter(invented | ~Q(post=None)).exists()
    assert not real.filter(source="").exists()
    for model in (Question, OfferingContact):
        assert not model.objects.filter(offering__office__is_invented=False).exists()
    for model in (AnswerTemplate, RequestTerms):
        assert not model.objects.filter(office__is_invented=False).exists()


def test_real_offices_promise_no_day(client: Client) -> None:
    for code in ("LIP", "BI"):
        offering = ServiceOffering.objects.filter(office__code=code).order_by("pk")[0]
        for address in (offering.get_absolute_url(), f"/leistungen/{offering.pk}/anfragen/"):
            page = client.get(address).content.decode()
            assert offering.title in page
            assert "Arbeitstag" not in page
    talk = ServiceOffering.objects.get(office__is_invented=True, kind="talk")
    assert "Arbeitstag" in client.get(f"/leistungen/{talk.pk}/anfragen/").content.decode()


def test_invented_office_shows_all_that_an_offering_can_be() -> None:
    offerings = ServiceOffering.objects.filter(office__is_invented=True)
    assert set(offerings.values_list("recipient", flat=True)) == {"town", "post", "inbox"}
    assert set(Question.objects.values_list("kind", flat=True)) == set(Question.Kind.values)
    assert offerings.filter(kind="correction").count() == 1
    assert offerings.past(today()).count() == 1
    assert AnswerTemplate.objects.exclude(offering=None).exists()
    assert AnswerTemplate.objects.filter(offering=None).exists()
    talk = offerings.get(kind="talk")
    for text in (talk.summary, talk.goal, talk.contents, talk.needs, talk.lead_time, talk.cost, talk.examples):
        assert text
    for offering in offerings:
        offering.full_clean()
