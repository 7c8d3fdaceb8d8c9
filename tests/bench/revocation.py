"""A list of a million revoked certificates: from the wire into use, looked into, and its cost in memory."""

import os
import random
import secrets
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding

from portal import settings
from portal.identity.revocation import refresh
from portal.identity.revocation.lists import Lists
from tests.bench.figures import Figure
from tests.world import hsm
from tests.world.city import CHECKOUT
from tests.world.jpki import Authority, Root, lists
from tests.world.jpki.server import RevocationServer

ENTRIES = 1_000_000
PATIENCE_S = 120
_BATCH = 1000
_BATCHES = 100


class NotMeasuredError(Exception):
    """Raised when the list does not come into use: the figures would be of something else."""


def measure() -> Iterator[Figure]:
    """`crl_load_s_1m`: from the start of the process that fetches (its own start included) to the first answer of a
    face. `crl_lookup_us`: the median of one whole question of the log-in, hits and misses mixed. `crl_memory_mib`:
    what a fresh process grows by when it maps the list and looks into it."""
    folder = CHECKOUT / ".state" / f"bench-{os.getpid()}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    serials = lists.serials(ENTRIES)
    with _authority(folder / "jpki", serials) as (root, url):
        os.environ[settings.ENVIRONMENT_VARIABLE] = str(_write_settings(folder, url))
        yield Figure("crl_load_s_1m", _load(folder, root, serials[0]), "s")
    kept = refresh.folder_of(folder)
    yield Figure("crl_lookup_us", _lookup(kept, root, serials), "us")
    yield Figure("crl_memory_mib", _memory(kept, root), "MiB")
    shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _authority(directory: Path, serials: list[int]) -> Iterator[tuple[Root, str]]:
    authority = Authority(directory)
    root = authority.auth_roots[-1]
    lists.prepare(directory, root, lists.build(root, lists.ListOrder(lists.entries(serials))))
    server = RevocationServer(authority)
    server.start()
    try:
        yield root, f"{server.url}crl/{root.id}.crl"
    finally:
        server.stop()


def _write_settings(folder: Path, url: str) -> Path:
    for name, content in {
        "secret": secrets.token_bytes(32),
        "field": secrets.token_bytes(32),
        "pin": b"1234",
    }.items():
        (folder / name).write_bytes(content)
    origins = "\n".join(
        f'{face} = "https://{face}.test"' for face in ("resident", "staff", "terminal", "verify", "bridge")
    )
    file = folder / "portal.toml"
    # The database is never asked: no face serves anybody here.
    file.write_text(
        f"""environment = "development"
state_dir = "{folder}"
runtime_dir = "{folder}"
static_dir = "{folder}"
database_url = "postgresql+psycopg:///nobody"
secret_key_file = "secret"
field_key_file = "field"
[token]
module = "{hsm.MODULE}"
label = "bench"
pin_file = "pin"
[trust]
authentication_roots = "jpki/trust/auth"
signature_roots = "jpki/trust/sign"
revocation = "crl"
crl_urls = ["{url}"]
[tls]
certificate = "tls.pem"
key = "tls.key"
[origins]
{origins}
""",
        encoding="utf-8",
    )
    return file


def _load(folder: Path, root: Root, revoked: int) -> float:
    face = Lists(refresh.folder_of(folder), refresh.start)
    began = time.perf_counter()
    while True:
        face.look()
        if len(face) == 1:
            break
        if time.perf_counter() - began > PATIENCE_S:
            raise NotMeasuredError(f"no list in use after {PATIENCE_S} s")
        time.sleep(0.005)
    answer = face.standing(root.certificate, revoked, now=datetime.now(UTC))
    taken = time.perf_counter() - began
    face.close()
    if answer != "revoked":
        raise NotMeasuredError(f"a revoked certificate is called {answer}")
    return taken


def _lookup(kept: Path, root: Root, serials: list[int]) -> float:
    face = Lists(kept, refresh.start)
    face.look()
    draw = random.Random(2)
    now, certificate = datetime.now(UTC), root.certificate
    taken = []
    for _ in range(_BATCHES):
        hits = draw.sample(serials, _BATCH // 2)
        asked = [*hits, *(draw.randrange(2**24, 2**31) for _ in range(_BATCH // 2))]
        draw.shuffle(asked)
        began = time.perf_counter()
        for serial in asked:
            face.standing(certificate, serial, now=now)
        taken.append((time.perf_counter() - began) / _BATCH * 1e6)
    face.close()
    return statistics.median(taken)


_FACE = """
import random, sys
from datetime import UTC, datetime
from pathlib import Path
from cryptography import x509
from portal.identity.revocation import refresh
from portal.identity.revocation.lists import Lists

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 2**20

root = x509.load_pem_x509_certificate(sys.stdin.buffer.read())
now = datetime.now(UTC)
baseline = resident()
face = Lists(Path(sys.argv[1]), refresh.start)
face.look()
face.keep()
for _ in range(200_000):
    face.standing(root, random.randrange(2**31), now=now)
print(resident() - baseline)
"""


def _memory(kept: Path, root: Root) -> float:
    # No refresh in between: the measured process only maps and looks up.
    (kept / "due").write_text((datetime.now(UTC) + timedelta(minutes=50)).isoformat(), encoding="ascii")
    pem = root.certificate.public_bytes(Encoding.PEM)
    ran = subprocess.run([sys.executable, "-c", _FACE, str(kept)], input=pem, capture_output=True, check=True)
    return float(ran.stdout)
