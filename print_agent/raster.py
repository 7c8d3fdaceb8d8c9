"""A PDF as PWG Raster (PWG 5102.4), for printers that cannot read PDF.

Ghostscript runs as a child, once for each order. It reads the document from its locked memory, through a descriptor,
and writes to a pipe; what arrives is kept in locked memory again. By default it puts pages into temporary files (with
``-`` as its input the whole document too): ``MaxBitmap`` keeps the page in its memory, and the limit of file size 0
makes every attempt to write one its death. Its own memory is not locked; no swap and no core dumps are the part of
the supervisor (``MemorySwapMax=0``, ``LimitCORE=0``).
"""

from __future__ import annotations

import os
import select
import shutil
import struct
import subprocess
import time

from print_agent.vault import HeldDocument

RASTER = "image/pwg-raster"
COLOUR = "sgray_8"
"""``pwg-raster-document-type-supported``: one byte of grey for each dot, which every such printer takes."""
RESOLUTIONS = (600, 300)
"""Dots an inch, the better one first."""
LARGEST_RASTER = 16 * 1024 * 1024
CONVERSION_SECONDS = 30
CHILD_MEMORY = 1024**3
PROGRAM = shutil.which("gs")
LIMITER = shutil.which("prlimit")
_SYNC, _HEADER = b"RaS2", 1796
_A4_INCHES = (8.27, 11.69)
_MOST_DOTS_OFF = 12
_SIZE, _DOTS, _LINE = struct.Struct(">II"), 372, 392
"""Where a page's header has its width and height in dots, and the bytes of a line."""


class NotRasterised(Exception):
    """Raised when Ghostscript fails, takes too long or too much room, or makes other pages than the document has."""


def available() -> bool:
    """Whether this machine can make raster at all."""
    return PROGRAM is not None and LIMITER is not None


def rasterised(document: HeldDocument, pages: int, dots_an_inch: int) -> HeldDocument:
    """The document's pages as grey raster, in a holding of its own that the caller wipes. Raises NotRasterised."""
    result = HeldDocument(LARGEST_RASTER)
    try:
        used = _fill(result.view, _start(document, dots_an_inch))
        result.shorten(used)
        _require_pages(pages, pages_of(result.view, dots_an_inch))
    except BaseException:
        result.wipe()
        raise
    return result


def _require_pages(wanted: int, found: int) -> None:
    if found != wanted:
        raise NotRasterised(f"{found} pages instead of {wanted}")


def pages_of(data: memoryview, dots_an_inch: int) -> int:
    """How many whole A4 pages of this resolution the raster holds. Raises NotRasterised for anything else."""
    if data[: len(_SYNC)] != _SYNC:
        raise NotRasterised("not PWG Raster")
    place, pages = len(_SYNC), 0
    try:
        while place < len(data):
            width, height = _SIZE.unpack_from(data, place + _DOTS)
            (line, _) = _SIZE.unpack_from(data, place + _LINE)
            for dots, inches in ((width, _A4_INCHES[0]), (height, _A4_INCHES[1])):
                if abs(dots - inches * dots_an_inch) > _MOST_DOTS_OFF:
                    raise NotRasterised("a page is not A4")
            place = _behind_page(data, place + _HEADER, line, height)
            pages += 1
    except (struct.error, IndexError) as error:
        raise NotRasterised("cut off") from error
    return pages


def _behind_page(data: memoryview, place: int, line: int, height: int) -> int:
    """Where the page's lines end: each is told how often it repeats, then comes in runs (PWG 5102.4, 4.4)."""
    lines = 0
    while lines < height:
        lines += data[place] + 1
        place += 1
        room = line
        while room > 0:
            code = data[place]
            run, stored = (257 - code, 257 - code) if code > 128 else (code + 1, 1)
            if code == 128:
                run, stored = room, 0
            room -= run
            place += 1 + stored
        if room < 0 or place > len(data):
            raise NotRasterised("a line is longer than its page")
    if lines != height:
        raise NotRasterised("more lines than a page has")
    return place


def _start(document: HeldDocument, dots_an_inch: int) -> subprocess.Popen[bytes]:
    if PROGRAM is None or LIMITER is None:
        raise NotRasterised("Ghostscript is not installed")
    source = f"/proc/self/fd/{document.fd}"
    limits = ["--fsize=0", "--core=0", f"--cpu={CONVERSION_SECONDS}", f"--as={CHILD_MEMORY}"]
    options = ["-q", "-dSAFER", f"--permit-file-read={source}", "-dBATCH", "-dNOPAUSE", "-sDEVICE=pwgraster"]
    options += [f"-r{dots_an_inch}", "-dcupsColorSpace=18", "-dcupsBitsPerColor=8", "-sPAPERSIZE=a4"]
    options += ["-dMaxBitmap=500000000", "-sstdout=%stderr", "-sOutputFile=%stdout", source]
    return subprocess.Popen(
        [LIMITER, *limits, PROGRAM, *options],
        env={"PATH": "/usr/bin:/bin", "TMPDIR": "/nonexistent"},
        pass_fds=[document.fd],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        # What it says about a document may quote it.
        stderr=subprocess.DEVNULL,
    )


def _fill(target: memoryview, child: subprocess.Popen[bytes]) -> int:
    """Takes in what the child writes, without a copy; how many bytes it was."""
    deadline, filled, pipe = time.monotonic() + CONVERSION_SECONDS, 0, child.stdout
    if pipe is None:
        raise NotRasterised("no pipe")
    try:
        while True:
            readable, _, _ = select.select([pipe], [], [], max(0.0, deadline - time.monotonic()))
            if not readable or filled == len(target):
                raise NotRasterised("too slow" if not readable else "too large")
            with target[filled:] as rest:
                got = os.readv(pipe.fileno(), [rest])
            if got == 0:
                break
            filled += got
        if child.wait(max(0.0, deadline - time.monotonic())) != 0:
            raise NotRasterised(f"Ghostscript ended with {child.returncode}")
    except subprocess.TimeoutExpired as error:
        raise NotRasterised("too slow") from error
    finally:
        pipe.close()
        child.kill()
        child.wait()
    return filled
