"""Compiled forms kept in files, so that a worker that starts lays out nothing.

A file is named by the hash of all that its forms come from: templates, styles and code, the seal's picture, the font,
and the versions of what lays out. Whatever changes has another name; nothing is ever out of date.
"""

import base64
import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from portal.certificates.forms.compiling import CompiledKind, Form, Place, Setting
from portal.certificates.forms.library import Library
from portal.certificates.forms.weasy.layout import Align, Rectangle, engines
from portal.certificates.paper import Kind, Seal
from portal.certificates.values import pictures, texts

_ROOM = Path(__file__).parent.parent


class Keeping:
    """The kept forms of one folder. Any number of processes may read and write them at once."""

    def __init__(self, folder: Path, font: Path) -> None:
        self._folder = folder
        self._common = _digest([engines().encode(), font.read_bytes(), *_sources()])

    def forms(self, kind: Kind, seal: Seal, make: Callable[[], CompiledKind]) -> CompiledKind:
        """The forms of this kind with this seal: those that are kept, or what `make` gives, which is kept then."""
        own = [path.read_bytes() for path in sorted(kind.folder.iterdir()) if path.is_file()]
        name = _digest([self._common.encode(), _shape(kind).encode(), seal.picture, *own])
        file = self._folder / f"{kind.id}-{name[:32]}.json"
        try:
            return _read(json.loads(file.read_bytes()))
        except FileNotFoundError:
            made = make()
            _replace(file, json.dumps(_written(made), separators=(",", ":")).encode())
            return made


def _sources() -> Iterator[bytes]:
    """Everything that decides how a page is laid out besides a kind's own folder."""
    files = (*_ROOM.glob("*.py"), *_ROOM.glob("forms/**/*.py"), *_ROOM.glob("kinds/frame/*"))
    return (path.read_bytes() for path in sorted(files))


def _shape(kind: Kind) -> str:
    places = {
        form: ([text.path for text in texts(values)], sorted(pictures(values))) for form, values in kind.forms.items()
    }
    return json.dumps([kind.id, places])


def _digest(parts: list[bytes]) -> str:
    return hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()


def _replace(file: Path, content: bytes) -> None:
    """Whole or not at all: another process may read at any moment, and the power may fail."""
    file.parent.mkdir(parents=True, exist_ok=True)
    number, name = tempfile.mkstemp(dir=file.parent)
    with os.fdopen(number, "wb") as opened:
        opened.write(content)
        opened.flush()
        os.fsync(opened.fileno())
    Path(name).replace(file)


def _written(compiled: CompiledKind) -> dict[str, object]:
    return {
        "forms": {name: _form_written(form) for name, form in compiled.forms.items()},
        "objects": [
            {"parts": [_text(part) for part in parts], "references": references}
            for parts, references in compiled.library.objects()
        ],
        "font": compiled.font,
        "ground": compiled.ground,
    }


def _form_written(form: Form) -> dict[str, object]:
    flow = [_text(entry) if isinstance(entry, bytes) else asdict(entry) for entry in form.flow]
    shown = {path: asdict(place) for path, place in form.pictures.items()}
    return {"name": form.name, "flow": flow, "pictures": shown, "qr": asdict(form.qr), "art": form.art}


def _read(kept: dict[str, Any]) -> CompiledKind:
    objects = [
        (tuple(map(base64.b64decode, entry["parts"])), tuple(entry["references"])) for entry in kept["objects"]
    ]
    forms = {name: _form(form) for name, form in kept["forms"].items()}
    return CompiledKind(forms, Library(objects), kept["font"], kept["ground"])


def _form(kept: dict[str, Any]) -> Form:
    return Form(
        name=kept["name"],
        flow=tuple(base64.b64decode(entry) if isinstance(entry, str) else _place(entry) for entry in kept["flow"]),
        pictures={path: Rectangle(**place) for path, place in kept["pictures"].items()},
        qr=Rectangle(**kept["qr"]),
        art=kept["art"],
    )


def _place(kept: dict[str, Any]) -> Place:
    settings = tuple(
        Setting(one["left"], one["width"], tuple(one["baselines"]), one["size"]) for one in kept["settings"]
    )
    return Place(kept["path"], Align(kept["align"]), tuple(kept["colour"]), settings)


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
