"""The ground floor as one value: what every room above stands on."""

from dataclasses import dataclass

import procrastinate
import sqlalchemy as sa

from portal import database, jobs
from portal.clock import Clock, SystemClock
from portal.keys import FieldCipher, SigningKeys
from portal.settings import Environment, Settings, SettingsError


@dataclass(frozen=True, repr=False)
class Ground:
    """Settings, database, keys, clock and job queue of one running program."""

    settings: Settings
    engine: sa.Engine
    keys: SigningKeys
    fields: FieldCipher
    clock: Clock
    jobs: procrastinate.App


def open_ground(settings: Settings, *, clock: Clock | None = None) -> Ground:
    """Connect everything. Raises SettingsError in production without a database URL."""
    url = database_url(settings)
    return Ground(
        settings=settings,
        engine=database.create_engine(url),
        keys=SigningKeys(settings.token),
        fields=FieldCipher(settings.field_key),
        clock=clock or SystemClock(),
        jobs=jobs.create_app(url),
    )


def database_url(settings: Settings) -> str:
    """The configured URL, or that of the embedded development server, started if need be."""
    if settings.database_url is not None:
        return settings.database_url
    if settings.environment is Environment.PRODUCTION:
        raise SettingsError("database_url is required in production")
    # Imported here: production machines do not carry the development server.
    from portal.embedded import EmbeddedPostgres  # noqa: PLC0415

    return EmbeddedPostgres(settings.state_dir / "postgres", settings.runtime_dir).ensure_running()
