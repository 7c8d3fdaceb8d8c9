"""One resident at one browser, without JavaScript."""

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

ORIGIN = "https://resident.test"
_MAIN_FORM = re.compile(r"<main.*?</main>", re.DOTALL)
_HIDDEN = re.compile(r'<input[^>]*name="([^"]+)"[^>]*type="hidden"[^>]*value="([^"]*)"')
_TAGS = re.compile(r"<[^>]+>")

Typed = Mapping[str, str | Sequence[str]]


@dataclass
class Browser:
    """A browser, and who is logged in there (None: nobody)."""

    client: FlaskClient
    resident_id: UUID | None = None
    visited: list[str] = field(default_factory=list)

    def get(self, path: str, **headers: str) -> TestResponse:
        self.visited.append(path)
        return self.client.get(path, base_url=ORIGIN, headers=headers)

    def post(self, path: str, typed: Typed | None = None, **headers: str) -> TestResponse:
        """Post exactly `typed`."""
        return self.client.post(path, base_url=ORIGIN, data=dict(typed or {}), headers=headers)

    def fill_in(self, path: str, typed: Typed | None = None) -> TestResponse:
        """Open the page, fill its form in and send it."""
        return self.post(path, {**hidden_fields(self.get(path)), **(typed or {})})

    def follow(self, response: TestResponse) -> TestResponse:
        """The page a redirect leads to."""
        assert response.status_code == 303, response.status_code
        return self.get(response.location)


def hidden_fields(page: TestResponse) -> dict[str, str]:
    """The hidden fields of the page's own form (not of the log-out button)."""
    main = _MAIN_FORM.search(page.get_data(as_text=True))
    assert main is not None
    found = {name: html.unescape(value) for name, value in _HIDDEN.findall(main.group(0))}
    assert "csrf_token" in found, "the page holds no form"
    return found


def words(response: TestResponse) -> str:
    """What a person reads on the page, in one line."""
    return " ".join(html.unescape(_TAGS.sub(" ", response.get_data(as_text=True))).split())


def title(response: TestResponse) -> str:
    """The title of the page."""
    return html.unescape(response.get_data(as_text=True).split("<title>")[1].split("</title>")[0])
