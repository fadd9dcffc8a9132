"""The addresses of forums and their meetings."""

from django.urls import URLPattern, URLResolver, include, path, re_path

from forums.views import (
    action_items,
    agendas,
    calendars,
    documents,
    forums,
    invitations,
    log,
    looking_back,
    meetings,
    members,
    minutes,
    minutes_comments,
    planning,
    search,
    setup,
    topics,
)

minutes_urls: list[URLPattern | URLResolver] = [
    path("", minutes.MinutesPage.as_view(), name="minutes"),
    path("versenden/", minutes.Circulate.as_view(), name="minutes_circulate"),
    path("genehmigen/", minutes.Approve.as_view(), name="minutes_approve"),
    path("nachtrag/", minutes.WriteAddendum.as_view(), name="minutes_addendum"),
    path("veroeffentlichen/", minutes.Release.as_view(), name="minutes_release"),
    path("zurueckziehen/", minutes.Withdraw.as_view(), name="minutes_withdraw"),
    path("anmerkung/", minutes_comments.WriteComment.as_view(), name="minutes_comment"),
    path("anmerkungen/<int:comment>/", minutes_comments.Answer.as_view(), name="minutes_answer"),
]

meeting_urls: list[URLPattern | URLResolver] = [
    path("", meetings.MeetingPage.as_view(), name="meeting"),
    path("bearbeiten/", planning.ChangeMeeting.as_view(), name="meeting_change"),
    path("planen/", planning.PlanMeeting.as_view(), name="meeting_plan"),
    path("absagen/", planning.CancelMeeting.as_view(), name="meeting_cancel"),
    path("loeschen/", planning.DeleteMeeting.as_view(), name="meeting_delete"),
    path("kopieren/", planning.CopyMeeting.as_view(), name="meeting_copy"),
    path("themen-erbitten/", topics.TopicCall.as_view(), name="topic_call"),
    path("tagesordnung/", agendas.Agenda.as_view(), name="agenda"),
    path("tagesordnung/<int:item>/", agendas.AgendaItemPage.as_view(), name="agenda_item"),
    path("tagesordnung/<int:item>/entfernen/", agendas.AgendaItemRemoval.as_view(), name="agenda_item_remove"),
    path("tagesordnung/<int:item>/vertagen/", agendas.Postponement.as_view(), name="agenda_item_postpone"),
    path("einladen/", invitations.Invite.as_view(), name="meeting_invite"),
    path("rueckmeldung/", invitations.OwnReply.as_view(), name="meeting_reply"),
    path("rueckmeldungen/", invitations.Replies.as_view(), name="meeting_replies"),
    path("rueckmeldungen/einladen/", invitations.AddGuest.as_view(), name="meeting_guest"),
    path("rueckmeldungen/<int:attendance>/", invitations.NoteReply.as_view(), name="meeting_note_reply"),
    path("protokollieren/", log.MeetingLog.as_view(), name="meeting_log"),
    path("protokollieren/speichern/", log.LogSaving.as_view(), name="meeting_log_save"),
    path("teilnahmeliste/", log.SignInSheet.as_view(), name="sign_in_sheet"),
    path("protokoll.pdf", minutes.MinutesPdf.as_view(), name="minutes_pdf"),
    path("protokoll/", include(minutes_urls)),
    path("dokumente/neu/", documents.MeetingDocumentUpload.as_view(), name="meeting_document_add"),
]

member_urls: list[URLPattern | URLResolver] = [
    path("", members.MemberList.as_view(), name="forum_members"),
    path("neu/", members.NewMembership.as_view(), name="membership_add"),
    path("<int:membership>/", members.MembershipPage.as_view(), name="membership_change"),
    path("<int:membership>/beenden/", members.MembershipEnd.as_view(), name="membership_end"),
    path("<int:membership>/loeschen/", members.MembershipDeletion.as_view(), name="membership_delete"),
]

forum_urls: list[URLPattern | URLResolver] = [
    path("", forums.ForumPage.as_view(), name="forum"),
    path("aufgaben/neu/", action_items.NewActionItem.as_view(), name="action_item_add"),
    path("sitzungen/neu/", planning.NewMeeting.as_view(), name="meeting_add"),
    path("sitzungen/reihe/", planning.MeetingSeries.as_view(), name="meeting_series"),
    path("tagesordnung/", agendas.TemplateAgenda.as_view(), name="template_agenda"),
    path("tagesordnung/<int:item>/", agendas.TemplateItemPage.as_view(), name="template_item"),
    path("tagesordnung/<int:item>/entfernen/", agendas.TemplateItemRemoval.as_view(), name="template_item_remove"),
    path("themen/", topics.TopicList.as_view(), name="topic_list"),
    path("themen/neu/", topics.NewTopic.as_view(), name="topic_add"),
    path("themen/<int:topic>/", topics.TopicPage.as_view(), name="topic"),
    path("themen/<int:topic>/antwort/", topics.TopicAnswer.as_view(), name="topic_answer"),
    path("bearbeiten/", setup.ForumChange.as_view(), name="forum_change"),
    path("beenden/", setup.ForumEnd.as_view(), name="forum_end"),
    path("dokumente/neu/", documents.DocumentUpload.as_view(), name="document_add"),
    path("mitglieder/", include(member_urls)),
    path("sitzungen/<int:meeting>/", include(meeting_urls)),
    path("beschluesse/", looking_back.DecisionRegister.as_view(), name="decision_register"),
    path("teilnahme/", looking_back.AttendanceOverTime.as_view(), name="attendance_over_time"),
    path("kalender.ics", calendars.ForumFeed.as_view(), name="forum_feed"),
]

action_item_urls = [
    path("", action_items.ActionItemList.as_view(), name="action_item_list"),
    path("<int:pk>/", action_items.ActionItemPage.as_view(), name="action_item"),
    path("<int:pk>/aendern/", action_items.ChangeActionItem.as_view(), name="action_item_change"),
    path("<int:pk>/stand/", action_items.Progress.as_view(), name="action_item_progress"),
]

task_link_urls = [
    path("danke/", action_items.Thanks.as_view(), name="task_thanks"),
    path("<str:token>/", action_items.DoneByLink.as_view(), name="task_by_link"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("foren/", forums.ForumList.as_view(), name="forum_list"),
    path("foren/neu/", setup.NewForum.as_view(), name="forum_add"),
    path("foren/dokumente/<int:document>/", documents.DocumentFile.as_view(), name="document"),
    path("foren/dokumente/<int:document>/bearbeiten/", documents.DocumentChange.as_view(), name="document_change"),
    path("foren/dokumente/<int:document>/loeschen/", documents.DocumentDeletion.as_view(), name="document_delete"),
    path("foren/suche/", search.ForumSearch.as_view(), name="forum_search"),
    path("foren/auswertung/", looking_back.MeetingsPerTown.as_view(), name="meetings_per_town"),
    path("foren/auswertung/sitzungen/", looking_back.MeetingsOfTown.as_view(), name="meetings_of_town"),
    path("foren/<int:pk>/", include(forum_urls)),
    path("sitzungen/", meetings.MeetingList.as_view(), name="meeting_list"),
    path("aufgaben/", include(action_item_urls)),
    # The access log leaves out what follows these words.
    path("aufgabe/", include(task_link_urls)),
    path("themenvorschlag/<str:token>/", topics.ProposeTopic.as_view(), name="propose_topic"),
    path("protokolle/<str:token>/", minutes_comments.MinutesByLink.as_view(), name="minutes_by_link"),
    path("protokolle/<str:token>/protokoll.pdf", minutes_comments.PdfByLink.as_view(), name="minutes_pdf_by_link"),
    path("rueckmeldung/<str:token>/", invitations.ReplyByLink.as_view(), name="reply_by_link"),
    path("kalender/<str:token>.ics", calendars.OwnFeed.as_view(), name="own_feed"),
    path("kalender.ics", calendars.PublicFeed.as_view(), name="public_feed"),
    re_path(r"^kreise/(?P<ags>[0-9]{5})/kalender\.ics$", calendars.DistrictFeed.as_view(), name="district_feed"),
    path("kalender/", calendars.CalendarPage.as_view(), name="calendar"),
    path("konto/kalender/", calendars.OwnCalendar.as_view(), name="own_calendar"),
]
