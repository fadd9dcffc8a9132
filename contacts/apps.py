import datetime

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from accounts import memberships
from common import database_errors
from municipalities import administration, dependants

A_QUARTER_OF_AN_HOUR = datetime.timedelta(minutes=15)
MORNING = datetime.time(6)  # a mail in the night wakes somebody


class ContactsConfig(AppConfig):
    name = "contacts"
    verbose_name = _("Contact persons and offices")

    def ready(self) -> None:
        from common import duties, outbox
        from contacts import checks, confirmation, mail, personal_data, tasks  # noqa: F401 - checks registers its own
        from contacts.querysets import (
            accounts_managed_by,
            memberships_changed_at,
            memberships_have_ended,
            open_on_ended,
            towns_administered_by,
        )

        memberships.join(
            memberships.Memberships(
                accounts_managed_by, memberships_have_ended, memberships_changed_at, personal_data.let_go
            )
        )
        personal_data.join()
        administration.join(towns_administered_by)
        dependants.register(open_on_ended)

        outbox.register(
            confirmation.ASK,
            confirmation.ask_mail,
            label=_("Ask whether an entry is right"),
            recipients_managed_by=confirmation.posts_managed_by,
        )
        outbox.register(
            confirmation.REMARK,
            confirmation.remark_mail,
            label=_("Message about one's own entry, to the office"),
            recipients_managed_by=confirmation.offices_managed_by,
        )
        outbox.register(
            confirmation.REMARK_TO_ADMINISTRATOR,
            confirmation.remark_to_administrator_mail,
            label=_("Message about one's own entry, to an administrator"),
            recipients_managed_by=confirmation.memberships_managed_by,
        )
        duties.register("contacts.ask", confirmation.ask, label=_("Ask whether entries are right"), at=MORNING)
        outbox.register(
            mail.HANDOVER_PLANNED,
            mail.handover_planned,
            label=_("A hand-over is planned: to those who take over"),
            recipients_managed_by=mail.receivers_managed_by,
        )
        outbox.register(
            mail.HANDOVER_CANCELLED,
            mail.handover_cancelled,
            label=_("A hand-over is cancelled: to those who were to take over"),
            recipients_managed_by=mail.receivers_managed_by,
        )
        # Not once a day: what is planned for today passes on today.
        duties.register(
            "contacts.hand_over", tasks.carry_out_handovers, label=_("Pass on open work"), every=A_QUARTER_OF_AN_HOUR
        )

        another_office = _("This belongs to another office.")
        database_errors.register(
            {
                "contacts_assignment_in_area": (_("The office does not serve this municipality."), "municipality"),
                "contacts_assignment_within_post": (_("The assignment goes beyond the period of the post."), "valid"),
                "contacts_assignment_post_of_office": (another_office, "contact_person"),
                "contacts_assignment_field_of_office": (_("This field of action belongs to another office."), "field"),
                "contacts_absence_post_of_office": (another_office, "contact_person"),
                "contacts_absence_substitute_of_office": (
                    _("The substitute must work at the same office."),
                    "substitute",
                ),
                "contacts_contactperson_holds_assignments": (
                    _("Assignments go beyond this period; end them first."),
                    "period",
                ),
                "contacts_contactperson_office_kept": (
                    _("A post never changes office; end it and add another one."),
                    "office",
                ),
                "contacts_contactpersonfield_of_office": (
                    _("This field of action belongs to another office."),
                    "field",
                ),
                "contacts_officearea_still_served": (
                    _("Assignments without an end lie in the part of the area given up; end them first."),
                    None,
                ),
                "contacts_person_stays_erased": (
                    _("The person was erased; enter a new one instead."),
                    "family_name",
                ),
                "contacts_contactperson_of_erased": (
                    _("The person was erased and gets no further post; enter a new one instead."),
                    "person",
                ),
                **dict.fromkeys(
                    ("contacts_handover_planned_so", "contacts_handovertown_planned_so", "contacts_handover_settled"),
                    (_("A hand-over that was carried out or cancelled stays as it is."), None),
                ),
                **dict.fromkeys(
                    (
                        "contacts_handover_leaver_of_office",
                        "contacts_handover_rest_of_office",
                        "contacts_handovertown_of_office",
                        "contacts_handovertown_assignment_of_office",
                        "contacts_handovertown_receiver_of_office",
                    ),
                    (another_office, None),
                ),
                "contacts_office_code_kept": (_("The code begins reference numbers and never changes."), "code"),
                "contacts_fieldofaction_office_kept": (_("An entry stays with its office."), "office"),
                "contacts_targetgroup_office_kept": (_("An entry stays with its office."), "office"),
                "contacts_officetask_office_kept": (_("An entry stays with its office."), "office"),
            }
        )
