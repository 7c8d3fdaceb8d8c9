"""The source of revocation is a setting; one that lacks its addresses refuses to start."""

from pathlib import Path

import pytest

from portal.settings import RevocationSource, SettingsError, TrustSettings, load
from tests.portal.worker.conftest import settings_file

__all__ = ["settings_file"]

OCSP_ONLY = 'ocsp_url = "http://ocsp.test/"'
LISTS = 'crl_urls = ["http://crl.test/1", "https://crl.test:8443/2?x=y"]'


def trust(file: Path, *lines: str) -> TrustSettings:
    text = file.read_text()
    (present,) = [line for line in text.splitlines() if line.startswith("ocsp_url")]
    file.write_text(text.replace(present, "\n".join(lines)))
    return load(file).trust


def test_without_a_word_the_source_is_the_responder(settings_file: Path) -> None:
    read = trust(settings_file, OCSP_ONLY)

    assert (read.revocation, read.ocsp_url, read.crl_urls) == (RevocationSource.OCSP, "http://ocsp.test/", ())


def test_the_source_can_be_the_lists_alone(settings_file: Path) -> None:
    read = trust(settings_file, 'revocation = "crl"', LISTS)

    assert (read.revocation, read.ocsp_url) == (RevocationSource.CRL, "")
    assert read.crl_urls == ("http://crl.test/1", "https://crl.test:8443/2?x=y")


@pytest.mark.parametrize("source", list(RevocationSource))
def test_the_addresses_of_both_may_stand_there_so_that_one_word_changes_the_source(
    settings_file: Path, source: RevocationSource
) -> None:
    read = trust(settings_file, f'revocation = "{source}"', OCSP_ONLY, LISTS)

    assert read.revocation is source
    assert read.ocsp_url
    assert len(read.crl_urls) == 2


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        (['revocation = "none"', OCSP_ONLY], "trust.revocation: one of ocsp, crl"),
        (['revocation = ""', OCSP_ONLY], "trust.revocation"),
        (['revocation = "OCSP"', OCSP_ONLY], "trust.revocation"),
        (['revocation = "ocsp"', LISTS], "trust.ocsp_url"),
        (['revocation = "crl"', OCSP_ONLY], "trust.crl_urls"),
        (['revocation = "crl"', "crl_urls = []"], "trust.crl_urls"),
        (['revocation = "crl"', 'crl_urls = "http://crl.test/"'], "trust.crl_urls"),
        (['revocation = "crl"', "crl_urls = [1]"], "trust.crl_urls"),
        (['revocation = "crl"', 'crl_urls = ["file:///etc/passwd"]'], "trust.crl_urls"),
        (['revocation = "crl"', 'crl_urls = ["ldap://crl.test/c=JP"]'], "trust.crl_urls"),
        (['revocation = "crl"', 'crl_urls = ["http:///crl"]'], "trust.crl_urls"),
        (['revocation = "crl"', 'crl_urls = ["http://[::1/"]'], "trust.crl_urls"),
        (['revocation = "crl"', 'crl_urls = ["http://crl.test/\\u0000"]'], "trust.crl_urls"),
        ([OCSP_ONLY, 'crl_urls = ["nowhere"]'], "trust.crl_urls"),
        ([OCSP_ONLY, 'crl_url = "http://crl.test/"'], "unknown setting: trust.crl_url"),
    ],
)
def test_unfit_settings_refuse_to_start(settings_file: Path, lines: list[str], why: str) -> None:
    with pytest.raises(SettingsError, match=why):
        trust(settings_file, *lines)
