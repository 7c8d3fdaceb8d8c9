"""The offline page: one file with everything inside, to be saved and opened without a network.

It is made of the very files that the page loads. Its policy lets it do nothing but run those scripts (by their
hashes) and compile the reader; it may not connect to anything.
"""

import hashlib
from base64 import b64encode
from functools import cache
from pathlib import Path

# In the order in which they are loaded.
STYLESHEETS = (
    "vendor/digital-go-jp/tokens.css",
    "base.css",
    "controls.css",
    "portal.css",
    "verify.css",
)
MODULES = (
    "cbor.js",
    "stamps.js",
    "lookalike.js",
    "judging.js",
    "content.js",
    "reading.js",
    "pictures.js",
    "showing.js",
    "bench.js",
)
_READER = "vendor/zxing-wasm/reader.js"
_WASM = "vendor/zxing-wasm/zxing_reader.wasm"


@cache
def style(static: Path) -> str:
    """Every stylesheet in one text."""
    return "\n".join((static / sheet).read_text(encoding="utf-8") for sheet in STYLESHEETS)


@cache
def icons(static: Path) -> str:
    """The icons as a hidden part of the page."""
    sprite = (static / "icons.svg").read_text(encoding="utf-8")
    return f"<div hidden>{sprite}</div>"


@cache
def scripts(static: Path) -> tuple[str, ...]:
    """The reader and every module, one inline script each."""
    files = (static / _READER, *(static / "js" / "verify" / module for module in MODULES))
    return tuple(file.read_text(encoding="utf-8") for file in files)


@cache
def wasm(static: Path) -> str:
    """The reader's compiled part in base64."""
    return b64encode((static / _WASM).read_bytes()).decode("ascii")


@cache
def policy(static: Path) -> str:
    """The page's own Content-Security-Policy: its scripts and its style by their hashes, and no connection at all."""
    allowed = " ".join(_hash(script) for script in scripts(static))
    return (
        f"default-src 'none'; script-src {allowed} 'wasm-unsafe-eval'; style-src {_hash(style(static))}; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return f"'sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode('ascii')}'"
