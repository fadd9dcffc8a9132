from forums.models.documents import Document
from forums.models.forums import (
    Forum,
    ForumField,
    ForumPartner,
    ForumTargetGroup,
    ForumTown,
    ItemKind,
    Membership,
    TemplateItem,
    Topic,
)
from forums.models.invitations import Announcement
from forums.models.meetings import ActionItem, AgendaItem, Attendance, Decision, Meeting, NotPossible
from forums.models.minutes import Addendum, Comment, Minutes
from forums.models.search import SearchEntry

__all__ = [
    "ActionItem",
    "Addendum",
    "AgendaItem",
    "Announcement",
    "Attendance",
    "Comment",
    "Decision",
    "Document",
    "Forum",
    "ForumField",
    "ForumPartner",
    "ForumTargetGroup",
    "ForumTown",
    "ItemKind",
    "Meeting",
    "Membership",
    "Minutes",
    "NotPossible",
    "SearchEntry",
    "TemplateItem",
    "Topic",
]
