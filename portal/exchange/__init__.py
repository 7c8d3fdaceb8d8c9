"""Exchange (連携): messages to other systems, kept in an outbox (送信待ち) until the counterpart has them.

The formats of the national systems are under a non-disclosure agreement: every body is this portal's own stand-in.
"""

from portal.exchange.kinds import MessageKind
from portal.exchange.outbox import Message, post, waiting
from portal.exchange.tables import outbox

__all__ = ["Message", "MessageKind", "outbox", "post", "waiting"]
