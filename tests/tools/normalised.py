"""Normalised study records (JSON lines, see shared/data) turned into the files that libraries exchange.

``python tests/tools/normalised.py RECORDS.jsonl.gz OUT.xml [--count N] [--names STUBS.jsonl.gz]`` writes PubMed XML, or
CSL-JSON where the name ends in ``.json``. Reference lists go along; with ``--names`` each reference has its printed text.
"""

from __future__ import annotations

import argparse
import gzip
import json
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

Record = Mapping[str, Any]


def records(path: Path, count: int | None = None) -> Iterator[Record]:
    """The first ``count`` records that have a PMID or a DOI."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        yield from islice((each for each in map(json.loads, lines) if each["pmid"] or each["doi"]), count)


def names(path: Path) -> dict[str, str]:
    """The printed text of works by PMID."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return {
            each["pmid"]: f"{each['title'] or 'Untitled.'} {each['journal'] or ''}. {each['year'] or ''}"
            for each in map(json.loads, lines)
        }


def pubmed_xml(record: Record, texts: Mapping[str, str]) -> str:
    """One ``PubmedArticle``."""
    dates = f"<PubDate><Year>{record['year']}</Year></PubDate>" if record["year"] else "<PubDate/>"
    people = "".join(
        f"<Author><LastName>{escape(family)}</LastName><ForeName>{escape(given)}</ForeName></Author>"
        for given, _, family in (name.rpartition(" ") for name in record["authors"])
    )
    sections = "".join(
        f"<AbstractText>{escape(text)}</AbstractText>" for text in (record["abstract"] or "").split("\n") if text
    )
    types = "".join(f"<PublicationType>{escape(name)}</PublicationType>" for name in record["publication_types"])
    mesh = "".join(
        f'<MeshHeading><DescriptorName MajorTopicYN="N">{escape(name)}</DescriptorName></MeshHeading>'
        for name in map(_name, record["mesh"])
    )
    keywords = "".join(f"<Keyword>{escape(word)}</Keyword>" for word in record["keywords"])
    references = "".join(
        f"<Reference><Citation>{escape(texts.get(pmid, ''))}</Citation><ArticleIdList>"
        f"<ArticleId IdType={quoteattr('pubmed')}>{escape(pmid)}</ArticleId></ArticleIdList></Reference>"
        for pmid in record["references"]
    )
    ids = "".join(
        f"<ArticleId IdType={quoteattr(kind)}>{escape(value)}</ArticleId>"
        for kind, value in (("pubmed", record["pmid"]), ("doi", record["doi"]), ("pmc", record.get("pmcid")))
        if value
    )
    return (
        f"<PubmedArticle><MedlineCitation><PMID>{record['pmid'] or ''}</PMID><Article>"
        f"<Journal><JournalIssue>{dates}</JournalIssue><Title>{escape(record['journal'] or '')}</Title></Journal>"
        f"<ArticleTitle>{escape(record['title'])}</ArticleTitle><Abstract>{sections}</Abstract>"
        f"<AuthorList>{people}</AuthorList><PublicationTypeList>{types}</PublicationTypeList></Article>"
        f"<MeshHeadingList>{mesh}</MeshHeadingList><KeywordList>{keywords}</KeywordList></MedlineCitation>"
        f"<PubmedData><ArticleIdList>{ids}</ArticleIdList><ReferenceList>{references}</ReferenceList></PubmedData>"
        "</PubmedArticle>"
    )


def csl_item(record: Record, texts: Mapping[str, str]) -> dict[str, Any]:
    """One CSL-JSON item; the references go where Crossref puts them."""
    item: dict[str, Any] = {
        "id": record["id"],
        "type": "article-journal",
        "title": record["title"],
        "container-title": record["journal"],
        "abstract": record["abstract"],
        "author": [
            {"given": given, "family": family}
            for given, _, family in (name.rpartition(" ") for name in record["authors"])
        ],
        "issued": {"date-parts": [[record["year"]]]} if record["year"] else None,
        "DOI": record["doi"],
        "PMID": record["pmid"],
        "PMCID": record.get("pmcid"),
        "keyword": ", ".join([*record["keywords"], *map(_name, record["mesh"])]),
        "reference": [{"PMID": pmid, "unstructured": texts.get(pmid, "")} for pmid in record["references"]],
    }
    return {name: value for name, value in item.items() if value}


def _name(heading: Any) -> str:
    return str(heading.get("descriptor") or heading.get("name") or "") if isinstance(heading, dict) else str(heading)


def write(found: Iterator[Record], path: Path, texts: Mapping[str, str]) -> int:
    """Write the file that the name asks for; gives the number of records."""
    count = 0
    with path.open("w", encoding="utf-8") as out:
        as_json = path.suffix == ".json"
        out.write("[\n" if as_json else "<PubmedArticleSet>\n")
        for count, record in enumerate(found, 1):
            if as_json:
                out.write(",\n" if count > 1 else "")
                out.write(json.dumps(csl_item(record, texts), ensure_ascii=False))
            else:
                out.write(pubmed_xml(record, texts) + "\n")
        out.write("\n]\n" if as_json else "</PubmedArticleSet>\n")
    return count


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("records", type=Path)
    options.add_argument("out", type=Path)
    options.add_argument("--count", type=int)
    options.add_argument("--names", type=Path)
    given = options.parse_args()
    count = write(records(given.records, given.count), given.out, names(given.names) if given.names else {})
    print(f"{count:,} records written to {given.out}")


if __name__ == "__main__":
    main()
