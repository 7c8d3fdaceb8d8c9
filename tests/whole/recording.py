"""Every page that any test renders is judged at once, and kept for the judges that run at the end.

Installed for every Flask test client (tests/conftest.py), so that each later screen inherits the rules for free.
"""

import hashlib
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

STRICT = {
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_REFERRER_POLICIES = {"same-origin", "no-referrer"}
_FORBIDDEN_ATTRIBUTES = ("style", "hx-on", "data-hx-on")


@dataclass
class PageOutline(HTMLParser):
    """What the rules ask of a page, read from its tags."""

    headings: int = 0
    title: str = ""
    language: str | None = None
    ids: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    skeleton: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._in_title = False

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        values = dict(attributes)
        self.skeleton.append(f"{tag}.{values.get('class') or ''}")
        self._in_title = tag == "title" and not self.title
        self.headings += tag == "h1"
        if tag == "html":
            self.language = values.get("lang")
        if tag == "script" and not values.get("src"):
            self.faults.append("inline script")
        if tag == "style":
            self.faults.append("inline style")
        if tag == "form" and not values.get("method"):
            self.faults.append("form without method")
        for name, value in attributes:
            if name == "id" and value:
                self.ids.append(value)
            if name.startswith("on") or name in _FORBIDDEN_ATTRIBUTES or (value or "").startswith("js:"):
                self.faults.append(f"inline code in {tag}[{name}]")

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.title += data
            self._in_title = False


def outline(html: str) -> PageOutline:
    """Read a page's tags."""
    parsed = PageOutline()
    parsed.feed(html)
    return parsed


def judge_headers(response: TestResponse, place: str) -> None:
    """Every answer carries the strict headers."""
    policy = response.headers.get("Content-Security-Policy", "")
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'"), f"{place}: {policy!r}"
    assert "unsafe" not in policy, place
    for name, value in STRICT.items():
        assert response.headers.get(name) == value, f"{place}: {name}"
    assert response.headers.get("Referrer-Policy") in _REFERRER_POLICIES, place
    if "/static/" not in place:
        assert "no-store" in response.headers.get("Cache-Control", ""), f"{place}: may be stored"


def judge_page(html: str, place: str) -> PageOutline:
    """A whole page: one h1, a title, a language, unique ids, nothing inline."""
    seen = outline(html)
    assert seen.headings == 1, f"{place}: {seen.headings} h1"
    assert seen.title.strip(), f"{place}: no title"
    assert seen.language, f"{place}: no language"
    assert not seen.faults, f"{place}: {seen.faults}"
    assert len(seen.ids) == len(set(seen.ids)), f"{place}: repeated id"
    return seen


class RecordingClient(FlaskClient):
    """A test client that judges what it gets and keeps each page of a new shape."""

    folder: Path | None = None

    def open(self, *arguments: Any, **options: Any) -> TestResponse:
        """As FlaskClient.open."""
        response = super().open(*arguments, **options)
        final = response
        place = f"{self.application.name} {final.request.method} {final.request.path} {final.status_code}"
        judge_headers(final, place)
        redirect = 300 <= final.status_code < 400
        whole = final.request.headers.get("HX-Request") is None and not redirect
        if final.mimetype == "text/html" and whole and final.data:
            seen = judge_page(final.get_data(as_text=True), place)
            self._keep(final, seen)
        return response

    def _keep(self, response: TestResponse, seen: PageOutline) -> None:
        if self.folder is None:
            return
        # What stands beside what: a table of nine rows is no other shape than one of three.
        runs = sorted({">".join(seen.skeleton[start : start + 3]) for start in range(len(seen.skeleton))})
        shape = f"{self.application.name}|{response.status_code}|{seen.language}|{'|'.join(runs)}"
        name = hashlib.sha256(shape.encode()).hexdigest()[:16]
        (self.folder / f"{self.application.name}-{name}.html").write_bytes(response.data)
