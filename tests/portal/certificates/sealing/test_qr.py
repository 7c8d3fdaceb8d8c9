"""The quick code is `qrcode`'s own, module for module, and a reader reads it back."""

import numpy as np
import numpy.typing as npt
import pytest
import qrcode
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from qrcode.util import MODE_8BIT_BYTE, QRData

from portal.certificates.forms.bits import Bits
from portal.certificates.sealing import qr


def modules(bits: Bits) -> npt.NDArray[np.uint8]:
    rows = np.frombuffer(bits.rows, np.uint8).reshape(bits.height, -1)
    return np.unpackbits(rows, axis=1)[:, : bits.width]


def drawn_by_qrcode(stamp: bytes) -> npt.NDArray[np.uint8]:
    code: qrcode.QRCode[object] = qrcode.QRCode(
        version=8, error_correction=qrcode.constants.ERROR_CORRECT_M, mask_pattern=qr.MASK, border=0
    )
    code.add_data(QRData(stamp, mode=MODE_8BIT_BYTE))
    code.make(fit=False)
    return np.array(code.get_matrix(), np.uint8)


# A block of nothing but zeros is the one thing `qrcode` itself cannot encode.
@given(st.binary(max_size=qr.MOST_BYTES).filter(lambda data: b"\x00" * 30 not in data))
@settings(max_examples=60, deadline=None)
def test_every_module_is_the_one_that_qrcode_draws(stamp: bytes) -> None:
    assert (modules(qr.bits(stamp)) == drawn_by_qrcode(stamp)).all()


@given(st.binary(min_size=1, max_size=qr.MOST_BYTES))
@settings(max_examples=25, deadline=None)
def test_a_reader_reads_back_what_was_written(stamp: bytes) -> None:
    dark = np.pad(modules(qr.bits(stamp)), 4)
    picture = ((1 - np.kron(dark, np.ones((4, 4), np.uint8))) * 255).astype(np.uint8)
    (found,) = zxingcpp.read_barcodes(picture)
    assert found.bytes == stamp


def test_a_code_has_one_size_and_its_rows_end_on_whole_bytes() -> None:
    made = qr.bits(b"x" * 149)
    assert (made.width, made.height, len(made.rows)) == (49, 49, 49 * 7)
    assert all(row[-1] & 0x7F == 0 for row in (made.rows[start : start + 7] for start in range(0, 343, 7)))


def test_more_bytes_than_the_code_holds_are_refused() -> None:
    assert qr.MOST_BYTES == 152
    qr.bits(b"x" * 152)
    with pytest.raises(qr.TooLongForCode):
        qr.bits(b"x" * 153)
