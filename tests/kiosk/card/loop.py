"""Asynchronous code of the reader process in a synchronous test."""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

Result = TypeVar("Result")


def completed(work: Coroutine[Any, Any, Result]) -> Result:
    """What `work` comes to. In a thread of its own: the browser of another test may hold this one's event loop."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()
