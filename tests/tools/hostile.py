"""Files made to cost their reader much, and what reading one costs beside a yardstick of the machine.

``python -m tests.tools.hostile`` reads paths from its input, a line each, and answers each with a line of JSON. Every
file is read by a process of its own, forked from one that has all modules and nothing else.
"""

from __future__ import annotations

import gzip
import io
import json
import os
import re
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.tools.yardstick import yardstick

ROOT = Path(__file__).resolve().parents[2]
MILLION = 1_000_000
ARTICLE = (
    '<article><front><article-meta><article-id pub-id-type="pmid">{pmid}</article-id><title-group>'
    "<article-title>{title}</article-title></title-group>{more}</article-meta></front>{body}</article>"
)
RECORD = (
    "<PubmedArticle><MedlineCitation><PMID>{pmid}</PMID><Article><ArticleTitle>{title}</ArticleTitle></Article>"
    "</MedlineCitation></PubmedArticle>"
)


def article(pmid: str = "1", title: str = "A title", more: str = "", body: str = "") -> str:
    return ARTICLE.format(pmid=pmid, title=title, more=more, body=body)


def articles(*pmids: int, end: str = "</PubmedArticleSet>") -> str:
    return "<PubmedArticleSet>" + "".join(RECORD.format(pmid=pmid, title=f"Study {pmid}") for pmid in pmids) + end


def _of_attributes() -> str:
    many = " ".join(f"a{n}=''" for n in range(MILLION))
    return article().replace("<article-title>", f"<article-title {many}>")


def _archive() -> bytes:
    info, made = tarfile.TarInfo("x.xml"), io.BytesIO()
    info.pax_headers = {"comment": "y" * 100 * MILLION}
    with tarfile.open(fileobj=made, mode="w", format=tarfile.PAX_FORMAT) as archive:
        archive.addfile(info, io.BytesIO())
    return made.getvalue()


DELETED = "<DeleteCitation>{}</DeleteCitation></PubmedArticleSet>"
FILES: dict[str, Callable[[], str | bytes]] = {
    "attribute of 10 MB": lambda: article().replace("<article-title>", f'<article-title a="{"y" * 10 * MILLION}">'),
    "text of 12 MB": lambda: article(title="y" * 12 * MILLION),
    "comment of 20 MB": lambda: article(more=f"<!--{'y' * 20 * MILLION}-->"),
    "one million elements": lambda: article(more="<p/>" * MILLION),
    "one million attributes": _of_attributes,
    "full text of 15 MB": lambda: article(body=f"<body>{'<p>word</p>' * 1_300_000}</body>"),
    "white space between records": lambda: articles(1, end=" " * 30 * MILLION),
    "a million things to delete": lambda: articles(1, end=DELETED.format("<PMID>1</PMID>" * MILLION)),
    "bomb of zeros": lambda: gzip.compress(bytes(300 * MILLION), 9),
    "bomb of white space": lambda: gzip.compress(b"<PubmedArticleSet>" + b" \n" * 150 * MILLION, 9),
    "archive header of 100 MB": _archive,
}


def make(path: Path, name: str) -> Path:
    content = FILES[name]()
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@dataclass
class Cost:
    megabytes: int  # that the reader grew by, at its peak
    seconds: float  # of its processor time
    yardsticks: float  # the same as a multiple of what the yardstick took just before and after
    last: str  # what the reader said last


@contextmanager
def measuring() -> Iterator[Callable[[Path], Cost]]:
    """Gives a function that tells what reading a file costs."""
    program = subprocess.Popen(
        [sys.executable, "-m", "tests.tools.hostile"],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    asked, answers = program.stdin, program.stdout
    assert asked and answers

    def cost(path: Path) -> Cost:
        print(path, file=asked, flush=True)
        return Cost(**json.loads(answers.readline()))

    with program:
        yield cost
        asked.close()


def _peak() -> int:
    return int(re.findall(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[0]) // 1024


def _read(path: Path) -> Cost:
    from studies.importing import opening

    before = yardstick()
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins again with what is there
    least, started = _peak(), time.process_time()
    items = [str(item) for _, item in opening.read(path)]
    seconds, most = time.process_time() - started, _peak()
    unit = (before + yardstick()) / 2
    return Cost(most - least, round(seconds, 2), round(seconds / unit, 1), items[-1][:300])


def answer() -> None:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    yardstick()
    for line in sys.stdin:
        child = os.fork()
        if not child:
            print(json.dumps(_read(Path(line.strip())).__dict__), flush=True)
            os._exit(0)
        os.waitpid(child, 0)


if __name__ == "__main__":
    answer()
