"""The page on which certificates are checked, in a real browser, with pictures as people take them."""

import playwright.sync_api as playwright
from playwright.sync_api import expect

from portal.ground import Ground
from tests.portal.certificates.papers.making import Sealer, paper, photo
from tests.portal.verify.conftest import Issue, checks_of


def show(page: playwright.Page, *pictures: bytes) -> None:
    """Choose these pictures, as from a phone's album."""
    files = [{"name": f"{n}.png", "mimeType": "image/png", "buffer": data} for n, data in enumerate(pictures)]
    page.locator("#pictures").set_input_files(files)  # type: ignore[arg-type]


def verdict(page: playwright.Page, wanted: str, reason: str) -> playwright.Locator:
    found = page.locator(f"#verdict [data-verdict={wanted}][data-reason={reason}]")
    expect(found).to_be_visible(timeout=20_000)
    return found


def test_a_genuine_paper_is_read_asked_about_and_compared_word_by_word(
    page: playwright.Page, address: str, city: Ground, issue: Issue, sealer: Sealer
) -> None:
    one = paper()
    issuance = issue(one)
    page.goto(address)
    show(page, photo(*one.codes(sealer)))
    verdict(page, "genuine_current", "text_not_compared")
    expect(page.locator("#says")).to_contain_text("佐藤　花子")
    expect(page.locator(".tie b")).to_have_text(one.tie)
    page.get_by_role("button", name="すべて同じ").click()
    expect(verdict(page, "genuine_current", "text_same")).to_contain_text("本物で、いまも有効です")
    assert checks_of(city, issuance) == ["current"]
