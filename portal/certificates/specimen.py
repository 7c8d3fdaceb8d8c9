"""見本: a person who does not exist, typeset once when a worker starts so that the first resident does not wait."""

from datetime import date
from uuid import UUID

from portal.certificates.paper import Extent, Subject
from portal.register import ResidentRecord, ResidentStatus

_RECORD = ResidentRecord(
    id=UUID(int=0),
    household_id=UUID(int=0),
    number="0",
    version=1,
    status=ResidentStatus.RESIDENT,
    name="見本　太郎",
    reading="ミホン　タロウ",
    reading_registered=True,
    former_surname=None,
    common_name=None,
    birth_date="1990-01-01",
    sex=None,
    relationship="世帯主",
    is_head=True,
    address="見本町一丁目",
    became_resident_on=date(2020, 4, 1),
    address_since=date(2021, 4, 1),
    notified_on=date(2020, 4, 1),
    previous_address="見本村",
    domicile="見本町",
    family_head="見本　太郎",
    foreign=False,
    nationality=None,
    residence_status=None,
    period_of_stay=None,
    stay_expires_on=None,
    residence_card_number=None,
    planned_departure_on=None,
    destination=None,
    ended_on=None,
)
SPECIMEN = Subject(persons=(_RECORD,), head=_RECORD, extent=Extent.WHOLE, items=frozenset())
