"""Numbers that tell one state of a person's data from every other one, even after it was removed and came back."""

import sqlalchemy as sa

from portal.database import metadata

SEQUENCE = sa.Sequence("register_data_versions", metadata=metadata)
_NEXT = sa.select(SEQUENCE.next_value())


def next_version(connection: sa.Connection) -> int:
    """A number nothing in this register has had before."""
    return connection.execute(_NEXT).scalar_one()
