"""Compiled forms kept on disk, so that a worker starts in a second: laying them out takes half a minute.

A file is named by a digest of everything that goes into it: templates, styles, seal, font, the forms' own code and
the versions of WeasyPrint and pydyf. Nothing is ever brought up to date: what has changed is another file.
"""

import base64
import hashlib
import json
import tempfile
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

from portal.certificates.characters import approved_font
from portal.certificates.forms.compiling import CompiledKind, Form, Place, Setting
from portal.certificates.forms.library import Library
from portal.certificates.forms.weasy.layout import Align, Rectangle
from portal.certificates.paper import Kind, Seal

_FORMS = Path(__file__).parent
_CODE = ("*.py", "*.html", "*.css")


def name_of(kind: Kind, seal: Seal, frame_folder: Path) -> str:
    """Name of the file that keeps the forms of this kind with this seal."""
    digest = hashlib.sha256(f"{kind.id} {version('weasyprint')} {version('pydyf')}".encode())
    digest.update(seal.picture)
    digest.update(str(approved_font().stat().st_size).encode())
    for folder in (_FORMS, frame_folder, kind.folder):
        for file in sorted(path for pattern in _CODE for path in folder.rglob(pattern)):
            digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return f"forms-{digest.hexdigest()[:32]}.json"


def put(folder: Path, name: str, compiled: CompiledKind) -> None:
    """Keep these forms; another process may do the same at the same time."""
    kept = {
        "library": [[[_text(part) for part in parts], list(references)] for parts, references in compiled.library],
        "font": compiled.font,
        "ground": compiled.ground,
        "forms": {id_: _form_as_json(form) for id_, form in compiled.forms.items()},
    }
    with tempfile.NamedTemporaryFile("w", dir=folder, prefix=f"{name}.", delete=False, encoding="utf-8") as file:
        json.dump(kept, file)
    Path(file.name).replace(folder / name)


def get(folder: Path, name: str) -> CompiledKind | None:
    """The forms kept under this name, None when there are none."""
    try:
        kept = json.loads((folder / name).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    library = Library.of((tuple(_bytes(part) for part in parts), tuple(refs)) for parts, refs in kept["library"])
    forms = {id_: _form_of_json(form) for id_, form in kept["forms"].items()}
    return CompiledKind(forms, library, kept["font"], kept["ground"])


def _form_as_json(form: Form) -> dict[str, object]:
    flow = [_text(entry) if isinstance(entry, bytes) else asdict(entry) for entry in form.flow]
    pictures = {path: asdict(place) for path, place in form.pictures.items()}
    return {"name": form.name, "flow": flow, "pictures": pictures, "qr": asdict(form.qr), "art": form.art}


def _form_of_json(kept: dict[str, object]) -> Form:
    flow, pictures, qr = kept["flow"], kept["pictures"], kept["qr"]
    if not (isinstance(flow, list) and isinstance(pictures, dict) and isinstance(qr, dict)):
        raise TypeError("not a kept form")
    return Form(
        name=str(kept["name"]),
        flow=tuple(_bytes(entry) if isinstance(entry, str) else _place(entry) for entry in flow),
        pictures={path: Rectangle(**place) for path, place in pictures.items()},
        qr=Rectangle(**qr),
        art=int(str(kept["art"])),
    )


def _place(kept: dict[str, object]) -> Place:
    settings, colour = kept["settings"], kept["colour"]
    if not (isinstance(settings, list) and isinstance(colour, list)):
        raise TypeError("not a kept place")
    red, green, blue = colour
    return Place(
        path=str(kept["path"]),
        align=Align(str(kept["align"])),
        colour=(red, green, blue),
        settings=tuple(Setting(**{**setting, "baselines": tuple(setting["baselines"])}) for setting in settings),
    )


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _bytes(text: str) -> bytes:
    return base64.b64decode(text)
