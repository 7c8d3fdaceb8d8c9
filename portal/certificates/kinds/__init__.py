"""Kinds of certificates. A kind is a folder here that offers `KIND`; nothing else has to know about it."""

import pkgutil
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from types import MappingProxyType

from portal.certificates.paper import Kind


class UnknownKind(Exception):
    """Raised when a kind of certificate is asked for that does not exist."""


@cache
def all_kinds() -> Mapping[str, Kind]:
    """Every kind by id, in alphabetical order of their folders."""
    found: dict[str, Kind] = {}
    for module in pkgutil.iter_modules(__path__):
        if module.ispkg:
            kind: Kind = import_module(f"{__name__}.{module.name}").KIND
            found[kind.id] = kind
    return MappingProxyType(found)


def kind_of(kind_id: str) -> Kind:
    """The kind with this id; raises UnknownKind."""
    try:
        return all_kinds()[kind_id]
    except KeyError as error:
        raise UnknownKind from error
