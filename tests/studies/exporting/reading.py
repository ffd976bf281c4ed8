"""Our exports as other programs read them."""

from __future__ import annotations

from typing import Any

import bibtexparser
import rispy
from bibtexparser import middlewares

from studies.models import Author, Authorship, Journal, Study
from tests.builders import make_study


def read_bibtex(text: str) -> list[dict[str, Any]]:
    """The entries as bibtexparser reads them, names in parts and LaTeX decoded, each with ``kind`` and ``key``."""
    library = bibtexparser.parse_string(
        text,
        append_middleware=[
            middlewares.SeparateCoAuthors(),
            middlewares.SplitNameParts(),
            middlewares.LatexDecodingMiddleware(keep_braced_groups=False),
        ],
    )
    assert not library.failed_blocks, library.failed_blocks
    return [
        {"kind": entry.entry_type, "key": entry.key, **{field.key: field.value for field in entry.fields}}
        for entry in library.entries
    ]


def read_ris(text: str) -> list[dict[str, Any]]:
    """The records as rispy reads them."""
    return rispy.loads(text)


def make_known_study(**fields: Any) -> Study:
    """A study of which everything is known, by people with names that programs get wrong."""
    journal = Journal.objects.create(
        title="Journal für Öl & Haut", title_key="journal fur ol and haut", abbreviation="J Öl Haut",
        issns=["1177-5475"], slug="journal-oel",
    )  # fmt: skip
    study = make_study(
        fields.pop("title", "Effects of 5% minoxidil & DNA_repair on β-catenin: a {randomised} trial"),
        journal=fields.pop("journal", journal), published_year=2011, published_month=2, doi="10.1000/x(y)_1",
        pmid="21304834", pmcid="PMC3043309", volume="4", issue="2", pages="101-109", language="en",
        licence=fields.pop("licence", "CC BY"), tags=["hair loss", "minoxidil"], **fields,
    )  # fmt: skip
    put_authors(
        study, [("van der Berg", "Anna Maria"), ("King Jr", "Martin L"), "WHO Study Group, Europe", ("Müller-Łuć", "Ö")]
    )
    return study


def put_authors(study: Study, names: list[Any]) -> None:
    for position, name in enumerate(names, 1):
        family, given, group = ("", "", name) if isinstance(name, str) else (*name, "")
        author = Author.objects.create(key=f"test:{study.pk}:{position}", family=family, given=given, collective=group)
        Authorship.objects.create(study=study, author=author, position=position)
