"""A large file read by a process of its own, while the one that asked for it writes to the database.

The reader sends its records through a pipe, some dozens at a time, and waits when the writer is behind: what lies
between the two is bounded. It ends when its file ends, and when nobody listens any more. Where it cannot be started, or
breaks off, the rest of the file is read here, so that the outcome is the same in every case.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from queue import Empty, Queue
from typing import IO

from studies.importing import opening
from studies.importing.opening import Item
from studies.importing.record import StudyRecord

ROOT = Path(__file__).resolve().parents[2]
WORTH_IT = 2 * 1024 * 1024  # bytes of a file from which a second process pays
FRAME = 40  # items sent together
AHEAD = 25  # frames that may wait between the two
LENGTH = 8  # bytes that say how long a frame is

# Some readers know models, which can only be imported once Django is set up.
START = "import django; django.setup(); from studies.importing.beside import main; main()"

Frame = tuple[int, list[Item]]  # how far the file has been read, and what was found since


def read(path: Path, moved: Callable[[int], None] | None = None, *, worth_it: int = WORTH_IT) -> Iterator[Item]:
    """What ``opening.read`` gives, in the same order; large files on a second core where there is one."""
    if (os.cpu_count() or 1) < 2 or path.stat().st_size < worth_it:
        yield from opening.read(path, moved)
        return
    count = 0
    try:
        for position, items in _frames(path):
            count += len(items)
            if moved:
                moved(position)
            yield from items
    except (OSError, EOFError):
        yield from islice(opening.read(path, moved), count, None)


def _frames(path: Path) -> Iterator[Frame]:
    """What the reader sends. Raises ``EOFError`` where it breaks off before the end of the file."""
    command = [sys.executable, "-c", START, str(path.resolve())]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL) as reader:
        waiting: Queue[bytes] = Queue(AHEAD)
        over = threading.Event()
        # Only moves bytes, so that the pipe is never what the reader waits for while there is room here.
        mover = threading.Thread(target=_move, args=(reader.stdout, waiting, over), daemon=True)
        mover.start()
        try:
            while frame := waiting.get():
                position, items = pickle.loads(frame)  # noqa: S301 - our own process wrote it
                if position < 0:
                    return
                yield position, items
            raise EOFError
        finally:
            over.set()
            reader.kill()
            while not waiting.empty():
                try:
                    waiting.get_nowait()
                except Empty:
                    break
            mover.join()


def _environment() -> dict[str, str]:
    return {**os.environ, "DJANGO_SETTINGS_MODULE": os.environ.get("DJANGO_SETTINGS_MODULE", "config.settings")}


def _move(pipe: IO[bytes], waiting: Queue[bytes], over: threading.Event) -> None:
    """Frames from the pipe into the queue, an empty one at the end."""
    while not over.is_set():
        length = int.from_bytes(pipe.read(LENGTH), "big")
        frame = pipe.read(length)
        if len(frame) < length:
            frame = b""
        waiting.put(frame)
        if not frame:
            return


def main() -> None:
    """The reader: sends the items of the file that its argument names."""
    try:
        _send(Path(sys.argv[1]), sys.stdout.buffer)
    except BrokenPipeError:
        os._exit(0)  # nobody listens any more


def _send(path: Path, out: IO[bytes]) -> None:
    """The items of a file in frames, the records' digests computed already; a last frame says that it ended."""
    position = 0

    def moved(now: int) -> None:
        nonlocal position
        position = now

    found = opening.read(path, moved)
    while items := list(islice(found, FRAME)):
        for _, item in items:
            if isinstance(item, StudyRecord):
                _ = item.digest
        _send_frame(out, (position, items))
    _send_frame(out, (-1, []))


def _send_frame(out: IO[bytes], frame: Frame) -> None:
    data = pickle.dumps(frame, protocol=pickle.HIGHEST_PROTOCOL)
    out.write(len(data).to_bytes(LENGTH, "big") + data)
    out.flush()
