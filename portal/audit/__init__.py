"""The book of who looked: one insert-only event for every reading or change of personal data."""

from portal.audit.events import Action, Actor, ActorKind, record, record_all
from portal.audit.reading import Entry, Place, Sought, entries
from portal.audit.tables import audit_events

__all__ = [
    "Action",
    "Actor",
    "ActorKind",
    "Entry",
    "Place",
    "Sought",
    "audit_events",
    "entries",
    "record",
    "record_all",
]
