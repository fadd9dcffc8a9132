import datetime

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from common import database_errors
from municipalities import dependants

MORNING = datetime.time(6)


class ServicesConfig(AppConfig):
    name = "services"
    verbose_name = _("Services")

    def ready(self) -> None:
        from common import duties, files, outbox
        from contacts import page_parts
        from forums import founding as forum_founding
        from services import (
            asking,
            catalogue_parts,
            effort,
            founding,
            hand_over,
            mail,
            merging,
            overview,
            personal_data,
            reminders,
            terms_part,
        )
        from services.models import RequestFile
        from services.models.requests import FORGOTTEN, OVERDUE, OVERDUE_LEAD
        from services.querysets import open_on_ended

        files.join(lambda: RequestFile.objects.values_list("name", flat=True))
        mail.join()
        personal_data.join()
        page_parts.join(page_parts.OFFICE, catalogue_parts.of_office)
        page_parts.join(page_parts.OFFICE, terms_part.of_office)
        duties.register(
            "services.unconfirmed", asking.remove_unconfirmed, label=_("Remove requests that nobody confirmed")
        )
        page_parts.join(page_parts.MEETING, effort.of_meeting)
        forum_founding.join("anfrage", founding.by_request)
        hand_over.join()
        merging.join()
        dependants.register(open_on_ended)
        page_parts.join(page_parts.CONTACT_PERSON, overview.of_person)
        for occasion, compose, label in (
            (OVERDUE, reminders.overdue_mail, _("A request is overdue: to whoever has it")),
            (OVERDUE_LEAD, reminders.overdue_lead_mail, _("A request is overdue: to the office's leads")),
        ):
            outbox.register(occasion, compose, label=label, about_managed_by=reminders.managed_by)
        duties.register("services.remind", reminders.remind, label=_("Remind of requests"), at=MORNING)
        another_office = _("This belongs to another office.")
        stays = (_("What has a number stays."), None)
        frozen = (_("The report is frozen; what it says stays as it is. Begin a new edition instead."), None)
        database_errors.register(
            {
                "services_serviceoffering_office_kept": (_("An offering stays with its office."), "office"),
                "services_serviceoffering_task_of_office": (another_office, "task"),
                "services_serviceoffering_field_of_office": (another_office, "counts_for"),
                "services_serviceoffering_post_of_office": (another_office, "post"),
                "services_offeringfield_of_office": (another_office, "field"),
                "services_offeringtargetgroup_of_office": (another_office, "target_group"),
                "services_offeringcontact_of_office": (another_office, "post"),
                "services_answertemplate_of_office": (another_office, "offering"),
                "services_servicerequest_origin_kept": (_("A request stays with its office."), None),
                "services_servicerequest_number_kept": (_("A number, once given, never changes."), None),
                "services_servicerequest_numbered_stays": stays,
                "services_servicerequest_begins_unsent": (_("A request begins as a draft."), None),
                "services_servicerequest_number_brought": (_("The portal gives the number by itself."), None),
                "services_requestcounter_counts_alone": (_("The portal counts the numbers by itself."), None),
                "services_servicerequest_next_state": (_("Somebody else moved the request on meanwhile."), None),
                "services_servicerequest_assigned_of_office": (another_office, "assigned_to"),
                "services_servicerequest_offering_of_office": (another_office, "offering"),
                "services_servicerequest_task_of_office": (another_office, None),
                "services_servicerequest_field_of_office": (another_office, None),
                "services_requestentry_kept": (_("An entry stays as it was written."), None),
                "services_requestentry_stays": (_("An entry stays as it was written."), None),
                "services_requestentry_post_of_office": (another_office, None),
                "services_requestentry_forgotten": (FORGOTTEN, None),
                "services_requestfile_forgotten": (FORGOTTEN, None),
                "services_requestfile_entry_of_request": (_("The entry belongs to another request."), None),
                "services_delivery_office_kept": (_("A delivery stays with its office."), "office"),
                "services_delivery_task_of_office": (another_office, "task"),
                "services_delivery_field_of_office": (another_office, "field"),
                "services_delivery_post_of_office": (another_office, "post"),
                "services_delivery_offering_of_office": (another_office, "offering"),
                "services_delivery_request_of_office": (another_office, None),
                "services_meetingeffort_kept": (_("The effort stays with its meeting."), None),
                "services_meetingeffort_office_of_forum": (_("The office does not run this forum."), None),
                "services_report_subject_kept": (_("A report stays with its office and year."), None),
                "services_report_frozen": frozen,
                "services_report_stays": (_("A frozen report stays."), None),
                "services_reportblock_frozen": frozen,
            }
        )
