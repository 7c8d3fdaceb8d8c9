"""Who may call which page of the review desk. An endpoint that is not in this table is refused to everybody."""

from dataclasses import dataclass

from portal.identity import Role


@dataclass(frozen=True)
class Access:
    """Who may call one endpoint: everybody, every member of staff, or the members who hold one of `roles`."""

    roles: frozenset[Role] | None
    anonymous: bool = False

    def admits(self, held: frozenset[Role]) -> bool:
        """Whether a logged-in member who holds these roles may call the endpoint."""
        return self.roles is None or bool(self.roles & held)


PUBLIC = Access(roles=None, anonymous=True)
STAFF = Access(roles=None)
REVIEWER = Access(roles=frozenset({Role.REVIEWER}))
OPERATOR = Access(roles=frozenset({Role.OPERATOR}))
AUDITOR = Access(roles=frozenset({Role.AUDITOR}))
DESK = Access(roles=frozenset({Role.DESK}))
WITH_TABS = Access(roles=frozenset({Role.REVIEWER, Role.DESK, Role.OPERATOR, Role.AUDITOR}))

ACCESS: dict[str, Access] = {
    "entrance.log_in": PUBLIC,
    "entrance.log_out": STAFF,
    "entrance.start": STAFF,
    "tabs.counts": WITH_TABS,
    "queue.show": REVIEWER,
    "queue.search": REVIEWER,
    "filing.show": REVIEWER,
    "filing.accept": REVIEWER,
    "filing.release": REVIEWER,
    "cards.find": DESK,
    "cards.search": DESK,
    "cards.show": DESK,
    "cards.challenge": DESK,
    "cards.link": DESK,
    "one_card.show": DESK,
    "one_card.stop": DESK,
    "one_card.lift": DESK,
    "one_card.end": DESK,
    "link_requests.show": DESK,
    "link_requests.one": DESK,
    "link_requests.search": DESK,
    "link_requests.link": DESK,
    "link_requests.refuse": DESK,
    "devices.show": OPERATOR,
    "devices.board": OPERATOR,
    "one_device.show": OPERATOR,
    "devices.confirm": OPERATOR,
    "devices.revoke": OPERATOR,
    "cases.show": OPERATOR,
    "cases.one": OPERATOR,
    "cases.settle": OPERATOR,
    "papers.find": OPERATOR,
    "papers.search": OPERATOR,
    "papers.one": OPERATOR,
    "papers.withdraw": OPERATOR,
    "switches.show": OPERATOR,
    "switches.issuance": OPERATOR,
    "switches.certificate": OPERATOR,
    "switches.terminal": OPERATOR,
    "audit_book.show": AUDITOR,
    "audit_book.seek": AUDITOR,
    "register_finding.find": DESK,
    "register_finding.search": DESK,
    "register_finding.by_number": DESK,
    "register_record.show": DESK,
}
