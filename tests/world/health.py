"""Is a part there? Asked over its own wire."""

import socket
import ssl
import urllib.error
import urllib.request
from pathlib import Path


def answers(url: str, authority: Path | None = None) -> bool:
    """Whether a GET is answered with a success."""
    context = ssl.create_default_context(cafile=str(authority)) if authority else None
    try:
        with urllib.request.urlopen(url, timeout=5, context=context) as response:  # noqa: S310 - loopback only
            return bool(response.status < 400)
    except (urllib.error.URLError, OSError):
        return False


def listens(port: int) -> bool:
    """Whether a loopback TCP port accepts connections."""
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def answers_on(path: Path) -> bool:
    """Whether a Unix socket accepts connections."""
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(1)
        return probe.connect_ex(str(path)) == 0


def says(log: Path, word: str) -> bool:
    """Whether a line of the log is `word`, as a program says when it is warm."""
    return log.exists() and any(line.strip() == word for line in log.read_text(errors="replace").splitlines())
