"""Notices (お知らせ): what the municipality tells a resident about their own matters."""

from portal.notices.inbox import Notice, inbox, tell
from portal.notices.kinds import NoticeKind
from portal.notices.tables import notices

__all__ = ["Notice", "NoticeKind", "inbox", "notices", "tell"]
