"""Who may call what. An endpoint that is not in this table is refused to everybody."""

from enum import StrEnum


class Access(StrEnum):
    """Everybody. What is told to whom, the access key on the paper decides, not the endpoint."""

    PUBLIC = "public"


ACCESS: dict[str, Access] = {
    "pages.check": Access.PUBLIC,
    "pages.keys": Access.PUBLIC,
    "pages.reader": Access.PUBLIC,
    "pages.offline": Access.PUBLIC,
    "asking.ask": Access.PUBLIC,
}
