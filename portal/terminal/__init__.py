"""The API of the kiosks (窓口端末): JSON over HTTPS, each request signed. Contract: docs/terminal-api.yaml."""

from portal.terminal.app import create_app

__all__ = ["create_app"]
