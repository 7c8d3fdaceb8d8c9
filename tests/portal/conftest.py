"""The portal's ground floor under test: real PostgreSQL, real PKCS#11, a clock that tests move."""

import secrets
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import flask
import psycopg
import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient

from portal import database, jobs
from portal.commands.database import migrate
from portal.embedded import EmbeddedPostgres
from portal.ground import Ground
from portal.keys import FieldCipher, Purpose, SigningKeys
from portal.settings import Environment, Origins, Settings, TlsSettings, TokenSettings, TrustSettings
from tests.conftest import CHECKOUT
from tests.world import hsm

_EMPTY = """DO $$ DECLARE named text; BEGIN
    SET LOCAL session_replication_role = replica;
    FOR named IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'
        LOOP EXECUTE format('DELETE FROM %I', named); END LOOP;
    FOR named IN SELECT sequencename FROM pg_sequences WHERE schemaname = 'public' AND last_value IS NOT NULL
        LOOP EXECUTE format('ALTER SEQUENCE %I RESTART', named); END LOOP;
END $$"""
MORNING = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)  # Tuesday, 10:00 in Japan


class MovableClock:
    """A clock that stands still until a test moves it."""

    def __init__(self, at: datetime = MORNING) -> None:
        self._now = at

    def now(self) -> datetime:
        return self._now

    def set(self, at: datetime) -> None:
        self._now = at

    def advance(self, **parts: float) -> None:
        self._now += timedelta(**parts)


@pytest.fixture(scope="session")
def postgres(scratch: Path, runtime: Path) -> Iterator[EmbeddedPostgres]:
    """The embedded server, without waiting for disks."""
    server = EmbeddedPostgres(scratch / "postgres", runtime)
    server.ensure_running("-c fsync=off", "-c synchronous_commit=off", "-c full_page_writes=off")
    yield server
    server.stop("immediate")


def _url(server: EmbeddedPostgres, name: str) -> str:
    return server.url.replace("/portal?", f"/{name}?")


def _administer(server: EmbeddedPostgres, statement: str) -> None:
    engine = sa.create_engine(_url(server, "postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)
    engine.dispose()


@pytest.fixture(scope="session")
def token(scratch: Path) -> TokenSettings:
    """A SoftHSM token that holds one key of each purpose."""
    hsm.create_token(scratch / "hsm", "portal-test")
    settings = TokenSettings(module=hsm.MODULE, label="portal-test", pin=hsm.PIN)
    keys = SigningKeys(settings)
    for purpose in Purpose:
        keys.create(purpose, MORNING)
    return settings


@pytest.fixture(scope="session")
def signing_keys(token: TokenSettings) -> SigningKeys:
    """The token, opened once: a PKCS#11 module is one thing a process."""
    return SigningKeys(token)


@pytest.fixture(scope="session")
def base_settings(scratch: Path, runtime: Path, token: TokenSettings) -> Settings:
    """Settings without a database URL (each test has its own)."""
    roots = scratch / "roots"
    roots.mkdir(exist_ok=True)
    return Settings(
        environment=Environment.DEVELOPMENT,
        state_dir=scratch,
        runtime_dir=runtime,
        database_url=None,
        secret_key=secrets.token_bytes(32),
        field_key=secrets.token_bytes(32),
        token=token,
        trust=TrustSettings(authentication_roots=roots, signature_roots=roots, ocsp_url="http://127.0.0.1:9/"),
        tls=TlsSettings(certificate=scratch / "tls.pem", key=scratch / "tls.key"),
        origins=Origins(
            resident="https://resident.test",
            staff="https://staff.test",
            terminal="https://terminal.test",
            verify="https://verify.test",
            bridge="http://127.0.0.1:8765",
        ),
        static_dir=CHECKOUT / "static",
    )


def _ground(settings: Settings, url: str, keys: SigningKeys, clock: MovableClock) -> Ground:
    return Ground(
        settings=settings,
        engine=database.create_engine(url),
        keys=keys,
        fields=FieldCipher(settings.field_key),
        clock=clock,
        jobs=jobs.create_app(url),
    )


@pytest.fixture(scope="session")
def template(postgres: EmbeddedPostgres, base_settings: Settings, signing_keys: SigningKeys) -> str:
    """A database at the newest migration, from which each test's own is copied."""
    _administer(postgres, "CREATE DATABASE template_portal")
    ground = _ground(base_settings, _url(postgres, "template_portal"), signing_keys, MovableClock())
    migrate(ground)
    ground.engine.dispose()
    return "template_portal"


@pytest.fixture
def clock() -> MovableClock:
    """10:00 on Tuesday 24 November 2026 in Japan, until a test moves it."""
    return MovableClock()


@pytest.fixture(scope="session")
def database_of_tests(postgres: EmbeddedPostgres, template: str) -> str:
    """The one database of this run. Making one for each test would take ten times as long as emptying it."""
    _administer(postgres, f"CREATE DATABASE portal_tests TEMPLATE {template}")
    return _url(postgres, "portal_tests")


@pytest.fixture
def ground(
    postgres: EmbeddedPostgres,
    database_of_tests: str,
    base_settings: Settings,
    signing_keys: SigningKeys,
    clock: MovableClock,
) -> Iterator[Ground]:
    """A whole ground floor over an empty database."""
    made = _ground(base_settings, database_of_tests, signing_keys, clock)
    yield made
    made.engine.dispose()
    _empty(postgres)


def _empty(server: EmbeddedPostgres) -> None:
    """Empty every table. Only here, and only with a role that may: the triggers that refuse changes are passed by."""
    with psycopg.connect(_url(server, "portal_tests").replace("+psycopg", ""), autocommit=True) as connection:
        # Whoever still holds a connection (a worker that a test killed) must not keep its locks.
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        connection.execute(_EMPTY)


@pytest.fixture
def engine(ground: Ground) -> sa.Engine:
    """The test's own database."""
    return ground.engine


@pytest.fixture
def connection(engine: sa.Engine) -> Iterator[sa.Connection]:
    """One transaction in the test's own database, rolled back at the end."""
    with engine.connect() as opened, opened.begin() as transaction:
        yield opened
        if transaction.is_active:
            transaction.rollback()


@pytest.fixture
def browse(ground: Ground) -> Callable[[Callable[[Ground], flask.Flask], str], FlaskClient]:
    """Opens a face as a browser over TLS would: `client = browse(create_app, ground.settings.origins.staff)`."""

    def opened(create_app: Callable[[Ground], flask.Flask], origin: str) -> FlaskClient:
        app = create_app(ground)
        client = app.test_client()
        client.environ_base.update({"HTTP_REFERER": f"{origin}/"})
        app.config.update(SERVER_NAME=origin.removeprefix("https://"), PREFERRED_URL_SCHEME="https")
        return client

    return opened
