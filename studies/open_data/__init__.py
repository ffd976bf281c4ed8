"""The whole library as files: for research, for a second copy, and for starting another Studyhall from this one.

``writing`` makes them, ``reading`` takes them into a library. What is told of a study beside its CSL-JSON stands in
``custom.studyhall``, under the names of ``StudyRecord``'s fields, as ``importing.csl`` reads them, and a few of its
own: nothing of any member but the names that the study's page shows.
"""

SCHEMA = 1  # of the files; a reader refuses a higher one
STUDIES, CITATIONS, TAGS, MANIFEST = "studies.jsonl.gz", "citations.csv.gz", "tags.jsonl.gz", "manifest.json"
FILES = (STUDIES, CITATIONS, TAGS)
CITATION_COLUMNS = (
    "citing_id", "citing_doi", "citing_pmid", "position", "cited_id", "cited_doi", "cited_pmid", "cited_pmcid",
    "year", "text",
)  # fmt: skip
EVIDENCE = ("evidence_level", "study_type", "evidence_source")
STANDING = ("retraction", "retraction_notice", "retraction_date")
SUMMARY = ("tldr", "body", "writer_kind", "writer_name", "written_on", "reviewer_name", "reviewed_on")

FORMULA = tuple("=+-@＝＋－＠\t\r'")  # what a spreadsheet may take for more than text at the start of a cell


def in_a_cell(text: str) -> str:
    """A text for a cell of the table, which no spreadsheet takes for a formula: one that could be gets a "'" before."""
    return f"'{text}" if text.startswith(FORMULA) else text


def out_of_a_cell(text: str) -> str:
    return text[1:] if text.startswith("'") and text[1:].startswith(FORMULA) else text
