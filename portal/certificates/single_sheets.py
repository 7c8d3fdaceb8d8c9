"""Stop-gap until the compiled forms: lays out kinds whose template draws one sheet, without seal codes.

It keeps to the convention of the templates: `sheet`, `issue`, `count`, `tie`, `lines`, `picture`, `press:` names.
"""

from email.message import EmailMessage

import jinja2
from markupsafe import Markup, escape
from weasyprint import CSS, HTML, Document
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

from portal.certificates.characters import width
from portal.certificates.kinds import FRAME
from portal.certificates.paper import Issue, Kind, Picture, Sheet

_NO_CODE = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><path d="M0 0h1v1H0z" fill="#ddd"/></svg>'
_FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")


class Pictures(URLFetcher):  # type: ignore[misc]  # WeasyPrint is not typed
    """The pictures of one document by their `press:` address, and nothing else."""

    def __init__(self, issue: Issue) -> None:
        super().__init__(allowed_protocols=(), allow_redirects=False, fail_on_errors=True)
        self._known = {"press:seal": (issue.seal.picture, "image/svg+xml"), "press:qr": (_NO_CODE, "image/svg+xml")}

    def address(self, picture: Picture) -> str:
        """The address under which a template finds this picture."""
        address = f"press:picture/{len(self._known)}"
        self._known[address] = (picture.png, "image/png")
        return address

    def fetch(self, url: str, _headers: EmailMessage | None = None) -> URLFetcherResponse:
        if url not in self._known:
            raise FatalURLFetchingError("a page asked for something that is not in it")
        body, kind = self._known[url]
        return URLFetcherResponse(url, body=body, headers={"Content-Type": kind})


def lay_out(  # noqa: PLR0917
    kind: Kind, sheets: tuple[Sheet, ...], issue: Issue, shown: dict[str, str], created: str, fonts: FontConfiguration
) -> Document:
    """One document with a page for each sheet."""
    pictures = Pictures(issue)
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader([kind.folder, FRAME]), autoescape=True, undefined=jinja2.StrictUndefined
    )
    environment.filters |= {"lines": _lines, "picture": pictures.address}
    styles = [
        CSS(filename=path, font_config=fonts, url_fetcher=pictures)
        for path in (FRAME / "frame.css", kind.folder / "page.css")
    ]
    template = environment.get_template("page.html")
    documents = [
        HTML(
            string=template.render(
                form=sheet.form,
                sheet=sheet.values,
                issue=shown,
                count=f"{number}／{len(sheets)}枚".translate(_FULL_WIDTH),
                tie="見本",
                created=created,
            ),
            url_fetcher=pictures,
        ).render(stylesheets=styles, font_config=fonts)
        for number, sheet in enumerate(sheets, 1)
    ]
    return documents[0].copy([page for document in documents for page in document.pages])


def _lines(text: str, most: int = 1) -> Markup:
    setting = 2 if most > 1 and width(text) > 22 else 1
    return Markup('<span class="lines-{}">{}</span>').format(setting, escape(text))
