"""A scan of a real certificate against the page as it was issued."""

from pathlib import Path
from uuid import uuid4

from PIL import ImageDraw

from portal import database
from portal.certificates.papers import contents, files, standing, true_pages
from portal.certificates.sealing import stamp as stamping
from portal.certificates.sealing import tie
from tests.portal.certificates.conftest import Kiosk, Visit


def test_a_scan_shows_what_was_issued_and_a_changed_one_does_not(real_kiosk: Kiosk, tmp_path: Path) -> None:
    _, released = real_kiosk.released(Visit(uuid4(), real_kiosk.household()[0]))
    (sheet,) = files.sheets_in(released.document)
    stamp = stamping.decode(sheet.codes[0]).stamp
    with database.transaction(real_kiosk.ground.engine) as connection:
        key = contents.access_key(stamp.secret, stamp.issue_number)
        held = standing.held(connection, stamp.issue_number, key)
    assert held is not None
    words = contents.disclose(held.ciphertext, stamp.secret, stamp.issue_number)
    pages = true_pages.TruePages(tmp_path, "https://verify.test/")
    code = tie.bind(words, stamp.secret).code
    assert pages.differences(words, stamp, code, sheet.picture) == ()
    changed = sheet.picture.copy()
    ImageDraw.Draw(changed).text((760, 560), "XXXXX", fill=0, font_size=40)
    assert pages.differences(words, stamp, code, changed) != ()
