"""Every refusal of a person's identity, and where it can be met. What is not named here needs words on every face."""

from collections.abc import Iterator

from portal import identity
from portal.identity import IdentityError


def every(kind: type[IdentityError] = IdentityError) -> Iterator[type[IdentityError]]:
    """All refusals of the product, wherever they are defined, the ones that others inherit from included."""
    for heir in kind.__subclasses__():
        if heir.__module__.startswith("portal."):
            yield heir
        yield from every(heir)


AT_THE_DESK = {
    identity.AccountInvalid,
    identity.LinkRequestDecided,
    identity.LinkRequestUnknown,
    identity.LoginRefused,
    identity.NotLinkable,
    identity.NotLivingHere,
}
"""Only staff can meet these, in a page of the desk or a command."""
OF_A_VISITOR = {identity.FourItemsError, *every(identity.FourItemsError)}
"""Only a visitor's 署名用 certificate can cause these; the visitors' pages have words for all of them at once."""
ON_THE_WEB = OF_A_VISITOR | {
    identity.AlreadyLinked,
    identity.DeviceLoginClaimed,
    identity.DeviceLoginExpired,
    identity.DeviceLoginOfAnotherSession,
    identity.DeviceLoginUnanswered,
    identity.DeviceLoginUnclaimed,
    identity.DeviceLoginUnknown,
    identity.DeviceLoginUsed,
    identity.RelayedOrigin,
}
"""These need a browser; no terminal can meet them."""
