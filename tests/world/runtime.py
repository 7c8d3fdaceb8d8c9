"""A folder for Unix sockets: their paths end at 107 bytes, and a checkout may lie deep."""

import os
import tempfile
from pathlib import Path


def runtime_folder() -> Path:
    """A new folder under /run (or the user's own runtime folder), removed by whoever asked for it."""
    base = Path("/run") if os.access("/run", os.W_OK) else Path(os.environ.get("XDG_RUNTIME_DIR", "/tmp"))  # noqa: S108
    return Path(tempfile.mkdtemp(prefix="mg-", dir=base))
