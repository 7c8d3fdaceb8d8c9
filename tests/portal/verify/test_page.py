"""The page on which certificates are checked, in a real browser, with pictures as people take them."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import playwright.sync_api as playwright
import pytest
from playwright.sync_api import expect

from portal import database
from portal.audit import Actor, ActorKind
from portal.certificates.papers.contents import enclose
from portal.certificates.papers.standing import withdraw
from portal.certificates.papers.tables import WithdrawalReason, issuance_contents
from portal.ground import Ground
from tests.portal.certificates.papers.making import HAMA, MISAKI, Paper, Sealer, paper, photo
from tests.portal.verify.conftest import Issue, checks_of, show, verdict
from tests.world.browser import launch_beside

Keep = Callable[[playwright.Page, str], None]
OFFICER = Actor(ActorKind.STAFF, "officer")


@pytest.fixture
def three(issue: Issue) -> Paper:
    """A certificate of three sheets that has been handed out."""
    made = paper(3, number=f"{MISAKI}-AAAAA-BBBBB")
    issue(made)
    return made


def test_a_genuine_paper_is_read_asked_about_and_compared_word_by_word(  # noqa: PLR0917 - each is a part of the scene
    page: playwright.Page, address: str, city: Ground, issue: Issue, sealer: Sealer, keep: Keep
) -> None:
    one = paper()
    issuance = issue(one)
    page.goto(address)
    keep(page, "start")
    show(page, photo(*one.codes(sealer)))
    found = verdict(page, "genuine_current", "text_not_compared")
    expect(found).not_to_contain_text("本物")
    says = page.locator("#says")
    for text in one.words.pages[0].texts:
        if text.text:
            expect(says).to_contain_text(text.text)
    expect(says.get_by_role("img", name="印影")).to_be_visible()
    expect(page.locator(".tie b")).to_have_text(one.tie)
    keep(page, "compare")
    page.get_by_role("button", name="すべて同じ").click()
    expect(verdict(page, "genuine_current", "text_same")).to_contain_text("本物で、いまも有効です")
    expect(page.locator("#result")).to_be_focused()
    keep(page, "same")
    assert checks_of(city, issuance) == ["current"]


def test_words_that_differ_end_the_check_and_are_kept_for_the_resident(  # noqa: PLR0917 - each is a part of the scene
    page: playwright.Page, address: str, city: Ground, issue: Issue, sealer: Sealer, keep: Keep
) -> None:
    one = paper()
    issuance = issue(one)
    page.goto(address)
    show(page, photo(*one.codes(sealer)))
    with page.expect_response(lambda answer: '"differs"' in (answer.request.post_data or "")):
        page.get_by_role("button", name="ちがうところがある").click()
    found = verdict(page, "altered", "text_differs")
    expect(found).to_contain_text("証明書として受け取らず、窓口に知らせてください")
    expect(found).to_contain_text("000-000-0000")
    keep(page, "altered")
    assert checks_of(city, issuance) == ["altered", "current"]


def test_a_withdrawn_paper_is_told_as_such_and_no_words_are_shown(  # noqa: PLR0917 - each is a part of the scene
    page: playwright.Page, address: str, city: Ground, issue: Issue, sealer: Sealer, keep: Keep
) -> None:
    one = paper()
    issuance = issue(one)
    with database.transaction(city.engine) as connection:
        withdraw(connection, issuance, WithdrawalReason.ISSUED_IN_ERROR, OFFICER, city.clock.now())
    page.goto(address)
    show(page, photo(*one.codes(sealer)))
    found = verdict(page, "withdrawn", "issued_in_error")
    expect(found).to_contain_text("取り消した日：令和8年11月24日")
    expect(page.locator("#compare")).to_be_hidden()
    keep(page, "withdrawn")
    assert checks_of(city, issuance) == ["withdrawn"]


def test_sheets_are_read_one_after_another_until_the_set_is_whole(
    page: playwright.Page, address: str, three: Paper, sealer: Sealer, keep: Keep
) -> None:
    codes = three.codes(sealer)
    page.goto(address)
    show(page, photo(codes[1]))
    found = verdict(page, "incomplete_set", "pages_missing")
    expect(found).to_contain_text("足りない紙：1・3枚目")
    expect(page.locator(".sheet-tile[data-state=missing]")).to_have_count(2)
    keep(page, "incomplete")
    show(page, photo(codes[1]))
    expect(page.get_by_role("status")).to_have_text("この紙は、もう読み取ってあります。")
    show(page, photo(codes[0]))
    expect(page.locator(".sheet-tile[data-state=missing]")).to_have_count(1)
    show(page, photo(codes[2]))
    verdict(page, "genuine_current", "text_not_compared")
    expect(page.locator(".says")).to_have_count(3)


def test_some_sheets_of_a_set_can_be_asked_about_and_stay_incomplete(
    page: playwright.Page, address: str, three: Paper, sealer: Sealer
) -> None:
    page.goto(address)
    show(page, photo(three.codes(sealer)[1]))
    page.get_by_role("button", name="いまある紙だけで照会する").click()
    expect(page.locator(".says h3")).to_have_text(["2枚目"])
    page.get_by_role("button", name="すべて同じ").click()
    expect(verdict(page, "incomplete_set", "pages_missing")).to_contain_text("取り消されていません")


def test_a_sheet_of_another_certificate_is_noticed_and_both_residents_are_told(  # noqa: PLR0917 - each is a part of the scene
    page: playwright.Page, address: str, city: Ground, issue: Issue, sealer: Sealer, keep: Keep
) -> None:
    one, other = paper(2, number=f"{MISAKI}-AAAAA-BBBBB"), paper(2, number=f"{MISAKI}-CCCCC-DDDDD")
    issuances = [issue(one), issue(other)]
    page.goto(address)
    show(page, photo(one.codes(sealer)[0]))
    verdict(page, "incomplete_set", "pages_missing")
    with page.expect_response("**/check"):
        show(page, photo(other.codes(sealer)[1]))
    expect(verdict(page, "different_sets", "other_number")).to_contain_text("ほかの紙がまざっています")
    expect(page.locator("#compare")).to_be_hidden()
    keep(page, "mixed")
    page.wait_for_load_state("networkidle")
    assert [checks_of(city, issuance) for issuance in issuances] == [["different_sets"], ["different_sets"]]


def test_what_is_not_ours_is_named_for_what_it_is(
    page: playwright.Page, address: str, issue: Issue, sealer: Sealer, keep: Keep
) -> None:
    one = paper()
    issue(one)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/check" in request.url else None)
    page.goto(address)
    forgeries = {
        "unknown_key": one.codes(Sealer())[0],
        "other_municipality": paper(number=f"{HAMA}-AAAAA-BBBBB").codes(Sealer())[0],
        "signature_wrong": one.codes(sealer)[0][:-1] + b"\0",
        "not_a_stamp": b"4901234567894",
        "web_address": b"https://shop.example/",
        "lookalike_address": f"{address}.evil.test/".encode(),
    }
    for reason, code in forgeries.items():
        show(page, photo(code))
        verdict(page, "unknown_issuer", reason)
        keep(page, reason)
    assert asked == []


def test_a_picture_without_a_code_is_told_and_the_next_one_counts(
    page: playwright.Page, address: str, issue: Issue, sealer: Sealer, keep: Keep
) -> None:
    one = paper()
    issue(one)
    page.goto(address)
    show(page, b"no picture at all")
    expect(page.get_by_role("status")).to_contain_text("このファイルは写真ではありません")
    show(page, photo())
    verdict(page, "unreadable", "no_code")
    keep(page, "unreadable")
    show(page, photo(*one.codes(sealer)))
    verdict(page, "genuine_current", "text_not_compared")
    page.get_by_role("button", name="別の証明書を確かめる").click()
    expect(page.locator("#result")).to_be_hidden()
    expect(page.locator("#compare")).to_be_hidden()


def test_when_the_municipality_cannot_be_asked_no_more_is_said_than_the_code_proves(
    page: playwright.Page, address: str, issue: Issue, sealer: Sealer, keep: Keep
) -> None:
    one = paper()
    issue(one)
    page.route("**/check", lambda route: route.abort())
    page.goto(address)
    show(page, photo(*one.codes(sealer)))
    found = verdict(page, "genuine_offline", "standing_not_asked")
    expect(found.locator("[data-finding=standing]")).to_have_attribute("data-state", "open")
    expect(page.get_by_role("status")).to_contain_text("取り消されていないかは、まだわかりません")
    keep(page, "not-asked")
    page.unroute("**/check")
    page.get_by_role("button", name="もう一度照会する").click()
    verdict(page, "genuine_current", "text_not_compared")


def test_a_paper_that_is_not_on_record_is_not_called_current(
    page: playwright.Page, address: str, city: Ground, sealer: Sealer, keep: Keep
) -> None:
    page.goto(address)
    show(page, photo(*paper().codes(sealer)))
    expect(verdict(page, "genuine_offline", "not_on_record")).to_contain_text("記録がありません")
    keep(page, "not-on-record")


def test_a_record_that_is_not_what_the_stamp_vouches_for_is_never_shown(
    page: playwright.Page, address: str, city: Ground, issue: Issue, sealer: Sealer
) -> None:
    one = paper()
    issue(one)
    forged = enclose(paper(name="偽名　太郎").words, one.secret)
    with database.transaction(city.engine) as connection:
        connection.execute(issuance_contents.update().values(ciphertext=forged.ciphertext))
    page.goto(address)
    show(page, photo(*one.codes(sealer)))
    verdict(page, "altered", "record_contradicts")
    expect(page.locator("#compare")).to_be_hidden()
    assert "偽名" not in page.content()


def test_the_picture_never_leaves_and_nothing_personal_stands_in_an_address(
    page: playwright.Page, address: str, issue: Issue, sealer: Sealer
) -> None:
    one = paper()
    issue(one)
    sent: list[playwright.Request] = []
    page.on("request", lambda request: sent.append(request))  # noqa: PLW0108 - Playwright marks what it is given
    page.goto(address)
    show(page, photo(*one.codes(sealer)))
    verdict(page, "genuine_current", "text_not_compared")
    assert all(request.url.startswith((f"{address}/", "data:image/png")) for request in sent)
    posted = [request for request in sent if request.method != "GET"]
    assert [request.url for request in posted] == [f"{address}/check"]
    assert set(json.loads(posted[0].post_data or "")) == {"number", "access", "found"}
    assert not any(one.number in request.url or one.secret.hex() in str(request.post_data) for request in sent)
    assert page.context.cookies() == []


def test_the_whole_check_goes_by_keyboard_on_a_narrow_phone(
    page: playwright.Page, address: str, issue: Issue, sealer: Sealer, tmp_path: Path
) -> None:
    one = paper()
    issue(one)
    picture = tmp_path / "photo.png"
    picture.write_bytes(photo(*one.codes(sealer)))
    page.set_viewport_size({"width": 360, "height": 740})
    # Listened for from the beginning: the browser is told in the background to ask us instead of the person.
    page.on("filechooser", lambda chooser: chooser.set_files(picture))
    page.goto(address)

    def tab_to(name: str) -> None:
        expect(page.get_by_text(name, exact=True)).to_be_visible()
        for _ in range(40):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.textContent.trim()") == name:
                return
        pytest.fail(f"{name} is not reached by keyboard")

    tab_to("写真を選ぶ")
    page.keyboard.press("Enter")
    verdict(page, "genuine_current", "text_not_compared")
    expect(page.locator("#result")).to_be_focused()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    tab_to("すべて同じ")
    page.keyboard.press("Enter")
    verdict(page, "genuine_current", "text_same")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_a_picture_can_be_dropped(page: playwright.Page, address: str, issue: Issue, sealer: Sealer) -> None:
    one = paper()
    issue(one)
    page.goto(address)
    page.evaluate(
        """(bytes) => {
          const dropped = new DataTransfer();
          dropped.items.add(new File([new Uint8Array(bytes)], "a.png", { type: "image/png" }));
          document.getElementById("bench").dispatchEvent(new DragEvent("drop", { dataTransfer: dropped }));
        }""",
        list(photo(*one.codes(sealer))),
    )
    verdict(page, "genuine_current", "text_not_compared")


def test_the_camera_stops_by_itself_when_it_has_seen_a_code(  # noqa: PLR0917 - each is a part of the scene
    browser: playwright.Browser, address: str, issue: Issue, sealer: Sealer, tmp_path: Path, keep: Keep
) -> None:
    one = paper()
    issue(one)
    film = tmp_path / "film.mjpeg"
    film.write_bytes(b"".join(photo(*one.codes(sealer), kind="JPEG") for _ in range(3)))
    arguments = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
    with launch_beside(browser.browser_type, *arguments, f"--use-file-for-fake-video-capture={film}") as camera:
        page = camera.new_page(ignore_https_errors=True, locale="ja-JP")
        page.goto(address)
        page.get_by_role("button", name="カメラで読む").click()
        verdict(page, "genuine_current", "text_not_compared")
        expect(page.locator("#viewfinder")).to_be_hidden()
        assert page.evaluate("document.getElementById('view').srcObject") is None


def test_without_a_camera_the_page_says_so_and_goes_on(page: playwright.Page, address: str) -> None:
    page.goto(address)
    page.evaluate(
        """() => {
          navigator.mediaDevices.getUserMedia = async () => { throw new DOMException("", "NotFoundError"); };
        }"""
    )
    with page.expect_worker() as reader:
        page.get_by_role("button", name="カメラで読む").click()
    expect(page.get_by_role("status")).to_contain_text("カメラを使えません")
    # Until the reader has loaded: one that is still loading when its tab closes complains of that.
    reader.value.evaluate("null")
    expect(page.get_by_role("button", name="カメラで読む")).to_be_focused()


def test_under_another_host_the_page_warns_of_itself(page: playwright.Page, address: str, keep: Keep) -> None:
    page.goto(address)
    expect(page.locator("#wrong-host")).to_be_hidden()
    page.route(
        f"{address}/",
        lambda route: route.fulfill(
            body=re.sub(
                r'data-official="[^"]+"', 'data-official="https://verify.misaki.example"', route.fetch().text()
            ),
            content_type="text/html",
        ),
    )
    page.reload()
    expect(page.locator("#wrong-host")).to_contain_text("ここは、公式の確認ページではありません")
    keep(page, "wrong-host")


def test_without_javascript_the_page_says_that_it_is_needed_and_whom_to_call(
    browser: playwright.Browser, address: str
) -> None:
    context = browser.new_context(ignore_https_errors=True, locale="ja-JP", java_script_enabled=False)
    page = context.new_page()
    page.goto(address)
    # As it is shown: Playwright's own search by text passes by what stands in a noscript.
    said = page.locator("noscript").inner_text()
    assert "このページには、JavaScriptが必要です" in said
    assert "000-000-0000" in said
    expect(page.locator("#bench")).to_be_hidden()
    context.close()


def test_the_page_speaks_english_too(page: playwright.Page, address: str, issue: Issue, sealer: Sealer) -> None:
    one = paper()
    issue(one)
    page.goto(f"{address}/?lang=en")
    show(page, photo(*one.codes(sealer)))
    found = verdict(page, "genuine_current", "text_not_compared")
    expect(found).to_contain_text("24 November 2026")
    page.get_by_role("button", name="All the same").click()
    expect(verdict(page, "genuine_current", "text_same")).to_contain_text("Genuine and still valid")


def test_only_the_readers_worker_may_compile_code_and_only_this_face_may_ask_for_the_camera(
    page: playwright.Page, address: str
) -> None:
    answers = {path: page.request.get(f"{address}{path}") for path in ("/", "/reader.js", "/keys.json")}
    policies = {path: answer.headers["content-security-policy"] for path, answer in answers.items()}
    assert "script-src 'self';" in policies["/"]
    assert "script-src 'self' 'wasm-unsafe-eval';" in policies["/reader.js"]
    assert not any("unsafe-inline" in policy or "'unsafe-eval'" in policy for policy in policies.values())
    assert "unsafe" not in policies["/"] + policies["/keys.json"]
    assert "camera=(self)" in answers["/"].headers["permissions-policy"]
