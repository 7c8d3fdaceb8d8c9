"""`python -m portal keys …`: signing keys in the PKCS#11 token, and the published ones that seal certificates."""

import argparse
import json
import sys
from pathlib import Path

from portal import database, municipality
from portal.audit import Actor, ActorKind
from portal.certificates.sealing import publishing
from portal.certificates.sealing.active import SealUnavailable, active
from portal.certificates.sealing.key_list import key_list
from portal.ground import Ground
from portal.keys import Purpose
from portal.keys.requests import certificate_request

_ACTOR = Actor(ActorKind.SYSTEM, "keys.command")
_OF_PRINT_AGENTS = [Purpose.PRINT_TICKET, Purpose.DEVICE_COMMAND]


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the topic `keys`."""
    actions = subparsers.add_parser("keys", help="signing keys").add_subparsers(required=True)
    create = actions.add_parser("create", help="make a new key, active from now on (document-seal: once certified)")
    create.add_argument("purpose", nargs="*", type=Purpose, default=list(Purpose))
    create.set_defaults(run=_create)
    export = actions.add_parser("export", help="print the public keys print agents need, as JSON {key id: PEM}")
    export.add_argument("purpose", nargs="*", type=Purpose, default=_OF_PRINT_AGENTS)
    export.set_defaults(run=_export)
    publish = actions.add_parser("publish", help="put the token's newest stamp key into use")
    publish.set_defaults(run=_publish)
    request = actions.add_parser("request", help="print a PKCS#10 request for the token's newest key")
    request.add_argument("purpose", type=Purpose, choices=[Purpose.DOCUMENT_SEAL])
    request.set_defaults(run=_request)
    certificate = actions.add_parser("certificate", help="put the document key into use with its certificate")
    certificate.add_argument("file", type=Path, help="PEM or DER")
    certificate.set_defaults(run=_certificate)
    revoke = actions.add_parser("revoke", help="nothing that this key sealed counts from now on")
    revoke.add_argument("key_id")
    revoke.set_defaults(run=_revoke)
    listed = actions.add_parser("list", help="published keys; ends with 0 only when certificates can be sealed now")
    listed.set_defaults(run=_list)


def _create(arguments: argparse.Namespace, ground: Ground) -> int:
    for purpose in arguments.purpose:
        print(purpose.value, ground.keys.create(purpose, ground.clock.now()))
        if purpose is Purpose.PAGE_STAMP:
            _put_into_use(ground)
    return 0


def _export(arguments: argparse.Namespace, ground: Ground) -> int:
    found: dict[str, str] = {}
    for purpose in arguments.purpose:
        found.update(ground.keys.public_keys(purpose))
    print(json.dumps(found, indent=2, sort_keys=True))
    return 0


def _publish(_: argparse.Namespace, ground: Ground) -> int:
    try:
        print(f"published {_put_into_use(ground)}")
    except publishing.AlreadyPublished as known:
        print(f"{known} is published already")
    return 0


def _put_into_use(ground: Ground) -> str:
    with database.transaction(ground.engine) as connection:
        return publishing.publish_stamp_key(connection, ground.keys, actor=_ACTOR, now=ground.clock.now())


def _request(arguments: argparse.Namespace, ground: Ground) -> int:
    with database.transaction(ground.engine) as connection:
        here = municipality.current(connection)
    purpose: Purpose = arguments.purpose
    key_id = ground.keys.newest(purpose)
    subject = {"country_name": "JP", "organization_name": here.name, "common_name": here.mayor_title}
    print(
        certificate_request(
            ground.keys.public_keys(purpose)[key_id],
            subject,
            lambda data: ground.keys.sign_by(purpose, key_id, data),
        ),
        end="",
    )
    return 0


def _certificate(arguments: argparse.Namespace, ground: Ground) -> int:
    try:
        content = arguments.file.read_bytes()
        with database.transaction(ground.engine) as connection:
            key_id = publishing.publish_document_key(
                connection, ground.keys, content, actor=_ACTOR, now=ground.clock.now()
            )
    except OSError as error:
        print(f"the certificate cannot be read ({type(error).__name__})", file=sys.stderr)
        return 1
    except publishing.UnfitCertificate as error:
        print(f"not taken: {error}", file=sys.stderr)
        return 1
    print(f"published {key_id}")
    return 0


def _revoke(arguments: argparse.Namespace, ground: Ground) -> int:
    try:
        with database.transaction(ground.engine) as connection:
            publishing.revoke(connection, arguments.key_id, actor=_ACTOR, now=ground.clock.now())
    except publishing.KeyNotPublished:
        print("not revoked: no published key of this id, or revoked already", file=sys.stderr)
        return 1
    print(f"revoked {arguments.key_id}")
    return 0


def _list(_: argparse.Namespace, ground: Ground) -> int:
    now = ground.clock.now()
    with database.transaction(ground.engine) as connection:
        published, in_use = key_list(connection, origin=""), active(connection, now)
    for key in published.keys:
        ends = f"retired {key.retired or '-'} revoked {key.revoked or '-'}"
        print(f"{key.key_id} {key.purpose} from {key.valid_from} {ends}")
    try:
        print(f"stamps with {in_use.stamp_key}")
        document = in_use.document_at(now)
        print(f"seals documents with {document.key_id}, certified until {document.not_after:%Y-%m-%d}")
    except SealUnavailable as missing:
        print(f"nothing can be sealed: {type(missing).__name__}", file=sys.stderr)
        return 1
    return 0
