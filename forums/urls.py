"""The addresses of forums and their meetings."""

from django.urls import URLPattern, URLResolver, include, path

from forums.views import forums, meetings

meeting_urls: list[URLPattern | URLResolver] = [
    path("", meetings.MeetingPage.as_view(), name="meeting"),
]

forum_urls: list[URLPattern | URLResolver] = [
    path("", forums.ForumPage.as_view(), name="forum"),
    path("sitzungen/<int:meeting>/", include(meeting_urls)),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("foren/", forums.ForumList.as_view(), name="forum_list"),
    path("foren/<int:pk>/", include(forum_urls)),
]
