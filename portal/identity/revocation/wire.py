"""One answer over HTTP, of bounded length and in bounded time, from a server that is not trusted to keep either."""

import time

import httpx


class NotReceived(Exception):
    """Raised when there is no whole answer with status 200 within its bounds. The text names no address."""


def receive(client: httpx.Client, request: httpx.Request, *, largest: int, patience: float) -> bytes:
    """The body of the answer, as it came over the wire: at most `largest` octets within `patience` seconds.

    The client's own timeout bounds each single wait.
    """
    deadline = time.monotonic() + patience
    received = bytearray()
    try:
        response = client.send(request, stream=True)
        try:
            if response.status_code != httpx.codes.OK:
                raise NotReceived(f"HTTP status {response.status_code}")
            # A timeout bounds each read; the deadline bounds a server that sends byte by byte.
            for chunk in response.iter_raw():
                received += chunk
                if len(received) > largest or time.monotonic() > deadline:
                    raise NotReceived("answer too long or too slow")
        finally:
            response.close()
    except httpx.HTTPError as error:
        raise NotReceived(type(error).__name__) from error
    return bytes(received)
