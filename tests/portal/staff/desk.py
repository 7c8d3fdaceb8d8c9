"""One member of staff at one browser."""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from portal.audit import Actor, ActorKind
from portal.identity import StaffMember

_TOKEN = re.compile(r'name="(?:[a-z]+-)?csrf_token"[^>]*value="([^"]+)"')
_TAGS = re.compile(r"<[^>]+>")


@dataclass
class Desk:
    """A browser, and who is logged in there (None: nobody)."""

    client: FlaskClient
    member: StaffMember | None = None

    @property
    def actor(self) -> Actor:
        assert self.member is not None
        return Actor(ActorKind.STAFF, str(self.member.id))

    def get(self, path: str, **headers: str) -> TestResponse:
        return self.client.get(path, base_url="https://staff.test", headers=headers)

    def post(self, path: str, data: Mapping[str, str] | None = None, *, page: str) -> TestResponse:
        """Post `data` as the form on `page` would."""
        return self.post_without_token(path, {**(data or {}), "csrf_token": self.token(page)})

    def post_without_token(self, path: str, data: Mapping[str, str] | None = None) -> TestResponse:
        return self.client.post(path, base_url="https://staff.test", data=dict(data or {}))

    def token(self, page: str) -> str:
        found = _TOKEN.search(self.get(page).get_data(as_text=True))
        assert found is not None, f"{page} holds no form"
        return found.group(1)


def words(response: TestResponse) -> str:
    """What a person reads on the page, in one line."""
    return " ".join(html.unescape(_TAGS.sub(" ", response.get_data(as_text=True))).split())
