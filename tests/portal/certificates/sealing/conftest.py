"""Keys on the test token that seal, their document key certified by an office authority."""

import pytest

from portal.certificates.sealing import Sealing
from portal.keys import SigningKeys
from tests.portal.certificates.sealing.papers import SealKeys, seal_keys


@pytest.fixture(scope="session")
def sealed_by(signing_keys: SigningKeys, tmp_path_factory: pytest.TempPathFactory) -> SealKeys:
    """The newest keys of the test token."""
    return seal_keys(signing_keys, tmp_path_factory.mktemp("office"))


@pytest.fixture(scope="session")
def sealing(sealed_by: SealKeys) -> Sealing:
    """A sealing with these keys."""
    return Sealing(sealed_by.keys, lambda: sealed_by.active)
