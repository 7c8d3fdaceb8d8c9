"""A page as a picture: what a perfect printer would put on paper."""

import io
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

Pixels = npt.NDArray[np.uint8]
PAPER = 250


@dataclass(frozen=True, repr=False, eq=False)
class Picture:
    """A sheet in shades of grey; `dpi` says how large it is."""

    pixels: Pixels
    dpi: float

    @property
    def image(self) -> Image.Image:
        return Image.fromarray(self.pixels)

    def box(self, place: tuple[float, float, float, float]) -> tuple[int, int, int, int]:
        """A rectangle given in points (left, top, right, bottom) in pixels of this picture."""
        left, top, right, bottom = (round(edge * self.dpi / 72) for edge in place)
        return left, top, right, bottom

    def reduced(self, factor: int) -> "Picture":
        """The same sheet with fewer pixels, each the mean of `factor` squared."""
        return self if factor == 1 else Picture(np.asarray(self.image.reduce(factor)), self.dpi / factor)

    def png(self) -> bytes:
        """The picture as a file."""
        file = io.BytesIO()
        self.image.save(file, "PNG", compress_level=1)
        return file.getvalue()

    def jpeg(self, quality: int) -> "Picture":
        """The picture as a camera would keep it."""
        file = io.BytesIO()
        self.image.save(file, "JPEG", quality=quality)
        return Picture(np.asarray(Image.open(file)), self.dpi)


def rasterised(document: bytes, dpi: int) -> tuple[Picture, ...]:
    """Every page of a PDF, in shades of grey."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "document.pdf"
        file.write_bytes(document)
        subprocess.run(
            ["pdftoppm", "-r", str(dpi), "-gray", str(file), f"{folder}/page"],
            check=True, capture_output=True, timeout=120,
        )  # fmt: skip
        pages = sorted(Path(folder).glob("page*.pgm"))
        return tuple(Picture(np.asarray(Image.open(page)), dpi) for page in pages)
