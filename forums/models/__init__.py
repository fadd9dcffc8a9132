from forums.models.documents import Document
from forums.models.forums import (
    Forum,
    ForumField,
    ForumPartner,
    ForumTargetGroup,
    ForumTown,
    Membership,
)
from forums.models.invitations import Announcement
from forums.models.items import ItemKind
from forums.models.meetings import AgendaItem, Attendance, Meeting
from forums.models.minutes import Addendum, Comment, Minutes
from forums.models.outcomes import ActionItem, Decision
from forums.models.search import SearchEntry
from forums.models.topics import TemplateItem, Topic

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
    "SearchEntry",
    "TemplateItem",
    "Topic",
]
