"""One mutant, one process: forked from a parent that has imported what is heavy and nothing that is mutated."""

import importlib
import os
import sys
import traceback
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import CodeType, ModuleType

import pytest

from tests.mutation.targets import Target
from tests.world.jpki import store

_HEAVY = (
    "flask",
    "flask_wtf",
    "httpx",
    "hypothesis",
    "playwright.sync_api",
    "procrastinate",
    "psycopg",
    "sqlalchemy",
)
_KEYS_READY = 60
# The parent has imported Hypothesis, so that pytest cannot rewrite its assertions any more: nobody needs them.
_PRELOADED = "ignore::pytest.PytestAssertRewriteWarning"


class ParentTouchedError(Exception):
    """Raised when the parent has imported a module that is to be mutated: its children would test the original."""


class _Mutation(MetaPathFinder, Loader):
    """Imports the mutated code in place of the module's own."""

    def __init__(self, target: Target, code: CodeType) -> None:
        self._target = target
        self._code = code

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != self._target.module:
            return None
        return ModuleSpec(fullname, self, origin=str(self._target.path))

    def exec_module(self, module: ModuleType) -> None:
        exec(self._code, module.__dict__)  # noqa: S102


class _WithoutDatabase:
    """Leaves out every test that would start PostgreSQL."""

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = [item for item in items if "postgres" not in getattr(item, "fixturenames", ())]


def prepare() -> None:
    """Import what takes time, and make the RSA keys that tests would make."""
    for name in _HEAVY:
        importlib.import_module(name)
    keys = [store.new_key() for _ in range(_KEYS_READY)]
    make = store.new_key
    # Each child takes from its own copy of the heap.
    store.new_key = lambda: keys.pop() if keys else make()
    touched = [name for name in sys.modules if name.startswith("portal.identity")]
    if touched:
        raise ParentTouchedError(", ".join(touched))


def begin(target: Target, code: CodeType | None, log: Path) -> int:
    """Fork a child that runs the target's tests against `code` (None: the original); returns its process id.

    It ends with 0 when no test noticed anything.
    """
    pid = os.fork()
    if pid:
        return pid
    outcome = 70
    try:
        os.setsid()
        with log.open("wb") as written:
            os.dup2(written.fileno(), 1)
            os.dup2(written.fileno(), 2)
        if code is not None:
            sys.meta_path.insert(0, _Mutation(target, code))
        plugins: list[object] = [] if target.database else [_WithoutDatabase()]
        options = ["-q", "-x", "--no-header", "-p", "no:cacheprovider", "--timeout=60", "-W", _PRELOADED]
        outcome = int(pytest.main([*options, *target.test_files], plugins=plugins))
    except BaseException:
        traceback.print_exc()
        raise
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(outcome)
