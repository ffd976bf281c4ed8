"""A fixed piece of work, to weigh processor time by: what takes long on a busy machine makes this take long as well."""

from __future__ import annotations

import gzip
import time

QUIET = 0.047  # seconds that the yardstick takes on the quiet machine for which limits in seconds are written


def yardstick() -> float:
    """Processor seconds of XML parsed, walked and gathered, and of bytes unpacked."""
    from lxml import etree

    text = f"<a>{'<b>word</b>' * 2000}</a>".encode()
    packed = gzip.compress(bytes(4_000_000), 1)
    started = time.process_time()
    for _ in range(20):
        sum(len(element.text or "") for element in etree.fromstring(text).iter())
        gzip.decompress(packed)
    return time.process_time() - started


def within(seconds: float, limit: float) -> bool:
    """Whether processor time that was just spent is within ``limit`` seconds of a quiet machine.

    The yardstick is asked only where it seems not to be.
    """
    if seconds <= limit:
        return True
    yardstick()  # the first has its modules to load
    return seconds <= limit * max(1, (yardstick() + yardstick() + yardstick()) / 3 / QUIET)
