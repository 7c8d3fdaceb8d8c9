"""The wire to the printer: Internet Printing Protocol 2.0 (RFC 8010, RFC 8011), with no spooler in between."""

from print_agent.ipp.client import (
    AnswerTooLarge,
    CertificateMismatch,
    IppClient,
    IppRefused,
    PrinterUnreachable,
)
from print_agent.ipp.codec import Attribute, Group, MalformedAnswer, Message, Value, decode, encode

__all__ = [
    "AnswerTooLarge",
    "Attribute",
    "CertificateMismatch",
    "Group",
    "IppClient",
    "IppRefused",
    "MalformedAnswer",
    "Message",
    "PrinterUnreachable",
    "Value",
    "decode",
    "encode",
]
