"""The addresses of forums and their meetings."""

from django.urls import URLPattern, URLResolver, include, path

from forums.views import action_items, forums, log, meetings

meeting_urls: list[URLPattern | URLResolver] = [
    path("", meetings.MeetingPage.as_view(), name="meeting"),
    path("protokollieren/", log.MeetingLog.as_view(), name="meeting_log"),
    path("protokollieren/speichern/", log.LogSaving.as_view(), name="meeting_log_save"),
    path("teilnahmeliste/", log.SignInSheet.as_view(), name="sign_in_sheet"),
]

forum_urls: list[URLPattern | URLResolver] = [
    path("", forums.ForumPage.as_view(), name="forum"),
    path("aufgaben/neu/", action_items.NewActionItem.as_view(), name="action_item_add"),
    path("sitzungen/<int:meeting>/", include(meeting_urls)),
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
    path("foren/<int:pk>/", include(forum_urls)),
    path("aufgaben/", include(action_item_urls)),
    # The access log leaves out what follows this word.
    path("aufgabe/", include(task_link_urls)),
]
