import datetime

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from common import database_errors
from municipalities import dependants

A_FEW_MINUTES = datetime.timedelta(minutes=2)
MORNING = datetime.time(6)  # a mail in the night wakes somebody


class ForumsConfig(AppConfig):
    name = "forums"
    verbose_name = _("Forums")

    def ready(self) -> None:
        from common import duties, files, outbox
        from contacts import page_parts
        from forums import (
            action_items,
            hand_over,
            invitations,
            merging,
            minutes_mail,
            overview,
            personal_data,
            topics,
        )
        from forums.models import Document
        from forums.models.minutes import CIRCULATED
        from forums.querysets import open_on_ended

        personal_data.join()
        merging.join()
        hand_over.join()
        dependants.register(open_on_ended)
        page_parts.join(page_parts.OFFICE, overview.of_office)
        page_parts.join(page_parts.CONTACT_PERSON, overview.of_person)
        for occasion, compose, label in (
            (action_items.GIVEN, action_items.given_mail, _("A task of a forum: to whoever does it")),
            (action_items.DUE, action_items.due_mail, _("Reminder before a task is due")),
            (action_items.OVERDUE, action_items.overdue_mail, _("Reminder that a task was due")),
        ):
            outbox.register(occasion, compose, label=label, about_managed_by=action_items.managed_by)
        duties.register("forums.remind_of_tasks", action_items.remind, label=_("Remind of tasks"), at=MORNING)
        outbox.register(
            topics.CALL,
            topics.call_mail,
            label=_("Ask the members for topics"),
            recipients_managed_by=topics.called_managed_by,
        )
        outbox.register(
            topics.ANSWER,
            topics.answer_mail,
            label=_("What became of a topic: to whoever proposed it"),
            about_managed_by=topics.answered_managed_by,
        )
        outbox.register(
            CIRCULATED,
            minutes_mail.circulated,
            label=_("Minutes of a meeting, to the members"),
            recipients_managed_by=minutes_mail.attendances_managed_by,
        )
        outbox.register(
            minutes_mail.WRITE,
            minutes_mail.to_write,
            label=_("Minutes are to be written, to who held the meeting"),
            recipients_managed_by=minutes_mail.meetings_managed_by,
        )
        outbox.register(
            minutes_mail.APPROVE,
            minutes_mail.to_approve,
            label=_("Minutes can be approved, to who held the meeting"),
            recipients_managed_by=minutes_mail.meetings_managed_by,
        )
        duties.register("forums.remind_of_minutes", minutes_mail.remind, label=_("Remind of minutes"), at=MORNING)
        files.join(lambda: Document.objects.values_list("name", flat=True))
        for occasion, compose, label in (
            (invitations.INVITATION, invitations.invitation_mail, _("Invitation to a meeting, and what changed")),
            (invitations.CANCELLATION, invitations.cancellation_mail, _("A meeting is cancelled")),
            (invitations.REMINDER, invitations.reminder_mail, _("Reminder to reply to an invitation")),
        ):
            outbox.register(occasion, compose, label=label, recipients_managed_by=invitations.managed_by)
        duties.register(
            "forums.keep_told", invitations.keep_told, label=_("Tell members what changed"), every=A_FEW_MINUTES
        )
        duties.register("forums.remind", invitations.remind, label=_("Remind of replies to invitations"), at=MORNING)
        another_office = _("This belongs to another office.")
        another_forum = _("This agenda item belongs to another forum.")
        frozen = (_("The minutes are approved; what they say stays as it is. Write an addendum instead."), None)
        called_off = _("A meeting that was cancelled has no minutes.")
        stays = (_("What has a number stays."), None)
        database_errors.register(
            {
                "forums_forum_office_kept": (_("A forum stays with its leading office."), "office"),
                "forums_forum_task_of_office": (another_office, "task"),
                "forums_forum_name": (_("The office already has a forum of this name."), "name"),
                "forums_meeting_task_of_office": (another_office, "task"),
                "forums_forumfield_of_office": (another_office, "field"),
                "forums_forumtargetgroup_of_office": (another_office, "target_group"),
                "forums_membership_forum_kept": (_("A membership stays with its forum."), "forum"),
                "forums_meeting_forum_kept": (_("A meeting stays with its forum."), "forum"),
                "forums_meeting_number_kept": (_("A number, once given, never changes."), None),
                "forums_meeting_numbered_stays": stays,
                "forums_meeting_next_state": (_("Somebody else moved the meeting on meanwhile."), None),
                "forums_meeting_when_kept": frozen,
                "forums_agendaitem_meeting_kept": (_("An agenda item stays with its meeting."), None),
                "forums_agendaitem_called_off": (called_off, "result"),
                "forums_attendance_called_off": (called_off, "presence"),
                "forums_decision_called_off": (called_off, None),
                "forums_actionitem_called_off": (called_off, "item"),
                "forums_attendance_meeting_kept": (_("This line stays with its meeting."), None),
                "forums_decision_item_kept": (_("A decision stays with its agenda item."), None),
                "forums_decision_item_of_forum": (another_forum, None),
                "forums_decision_number_kept": (_("A number, once given, never changes."), None),
                "forums_decision_numbered_stays": stays,
                "forums_actionitem_forum_kept": (_("A task stays with its forum."), "forum"),
                "forums_actionitem_item_of_forum": (another_forum, "item"),
                "forums_minutes_meeting_kept": (_("Minutes stay with their meeting."), None),
                "forums_minutes_of_held_meeting": (_("Only a meeting that was held has minutes."), None),
                "forums_minutes_frozen": frozen,
                "forums_minutes_stay": (_("Minutes that went out stay."), None),
                "forums_addendum_stays": (_("An addendum stays as it was written."), "text"),
                "forums_addendum_kept": (_("An addendum stays as it was written."), None),
                "forums_agendaitem_frozen": frozen,
                "forums_attendance_frozen": frozen,
                "forums_decision_frozen": frozen,
            }
        )
