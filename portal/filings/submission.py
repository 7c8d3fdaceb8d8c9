"""From a checked draft to a received filing: once a key, in one transaction with everything that follows from it."""

from datetime import datetime
from uuid import UUID, uuid4

import sqlalchemy as sa

from portal import audit, notices, register
from portal.audit import Action, Actor, ActorKind
from portal.clock import local_date
from portal.filings import drafts
from portal.filings.admission import Admission, admit
from portal.filings.errors import MoverAlreadyNamed, SubmissionKeyUsed
from portal.filings.moving_out import Answers, MovingOut
from portal.filings.questions import complete
from portal.filings.reading import Filing, filing_of
from portal.filings.states import FilingEvent, next_state
from portal.filings.tables import FilingKind, Proof, filing_movers, filings
from portal.filings.transitions import note
from portal.municipality import add_business_days
from portal.notices import NoticeKind
from portal.register import HoldReason

_REIWA_OFFSET = 2018

_BY_KEY = sa.select(filings).where(filings.c.submission_key == sa.bindparam("key"))
_NEXT_NUMBER = sa.select(sa.func.nextval(sa.func.pg_get_serial_sequence("filings", "number")))
_INSERT = filings.insert().returning(*filings.c)
_INSERT_MOVERS = filing_movers.insert()


def submit(
    connection: sa.Connection, *, resident_id: UUID, content: MovingOut, submission_key: UUID, now: datetime
) -> Filing:
    """Receive a 転出届 (受付). The same key again answers with the same filing and changes nothing.

    Stops kiosk issuance (hold), tells the resident, ends the draft. Raises what `admit` raises, ContentRefused,
    MoverAlreadyNamed, SubmissionKeyUsed.
    """
    if (earlier := submitted_with(connection, submission_key, resident_id=resident_id)) is not None:
        return earlier
    admission = admit(connection, resident_id=resident_id, now=now, why="filing.submit", for_update=True)
    # Asked again under the lock: the twin of this submission may have been first.
    if (earlier := submitted_with(connection, submission_key, resident_id=resident_id)) is not None:
        return earlier
    movers = frozenset(mover.resident_id for mover in content.movers)
    if clash := movers & admission.named:
        raise MoverAlreadyNamed(clash)
    answers = Answers(tuple(movers), content.planned_date, content.destination)
    judged = complete(answers, admission.household, filed_on=admission.filed_on)
    filing = _write(connection, admission, judged, submission_key, now)
    actor = Actor(ActorKind.RESIDENT, str(resident_id))
    register.place_hold(
        connection,
        admission.held_by(movers),
        reason=HoldReason.FILING,
        source=filing.hold_source,
        actor=actor,
        now=now,
    )
    audit.record(
        connection,
        at=now,
        actor=actor,
        action=Action.FILING_SUBMITTED,
        subject=resident_id,
        detail={"filing": str(filing.id), "kind": filing.kind.value, "proof": filing.proof.value},
    )
    notices.tell(connection, resident_id, kind=NoticeKind.FILING_RECEIVED, filing_id=filing.id, now=now)
    drafts.discard(connection, resident_id=resident_id, kind=FilingKind.MOVING_OUT)
    return filing


def submitted_with(connection: sa.Connection, submission_key: UUID, *, resident_id: UUID) -> Filing | None:
    """The filing this key has made already, if any. Raises SubmissionKeyUsed when it is another resident's."""
    row = connection.execute(_BY_KEY, {"key": submission_key}).one_or_none()
    if row is None:
        return None
    if row.resident_id != resident_id:
        raise SubmissionKeyUsed
    return filing_of(row)


def receipt_number(number: int, submitted_at: datetime) -> str:
    """受付番号 such as T8-1124-0031: 転出, year of Reiwa, month and day in Japan, running number."""
    day = local_date(submitted_at)
    return f"T{day.year - _REIWA_OFFSET}-{day:%m%d}-{number % 1_000_000:04d}"


def _write(
    connection: sa.Connection, admission: Admission, content: MovingOut, submission_key: UUID, now: datetime
) -> Filing:
    number: int = connection.execute(_NEXT_NUMBER).scalar_one()
    place = admission.municipality
    row = connection.execute(
        _INSERT,
        {
            "id": uuid4(),
            "number": number,
            "receipt_number": receipt_number(number, now),
            "submission_key": submission_key,
            "kind": FilingKind.MOVING_OUT,
            "state": next_state(None, FilingEvent.SUBMIT),
            "version": 1,
            "resident_id": admission.applicant.id,
            "applicant_name": admission.applicant.name,
            "applicant_reading": admission.applicant.reading,
            "proof": Proof.LOG_IN,
            "content": content.canonical(),
            "submitted_at": now,
            "promised_on": add_business_days(place, admission.filed_on, place.processing_business_days),
            "changed_at": now,
        },
    ).one()
    filing = filing_of(row)
    connection.execute(
        _INSERT_MOVERS,
        [
            {
                "filing_id": filing.id,
                "resident_id": mover.resident_id,
                "record_version": admission.versions[mover.resident_id],
            }
            for mover in content.movers
        ],
    )
    actor = Actor(ActorKind.RESIDENT, str(admission.applicant.id))
    note(connection, filing.id, FilingEvent.SUBMIT, actor=actor, version=1, before=None, now=now)
    return filing
