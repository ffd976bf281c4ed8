"""Which kind of source is believed first."""

from __future__ import annotations

from studies.models import StudySource

# Whom to believe first. PubMed's records are checked by librarians, and MEDLINE text is the same with less in it; JATS
# is what the publisher typed, Crossref what he deposited, OpenAlex what a machine made of that. What
# another Studyhall made of all these stands for what is not here, and before what somebody's reference manager wrote,
# the formats that keep more before those that keep less; the demo comes last.
PRECEDENCE = tuple(
    StudySource.Kind(kind)
    for kind in "pubmed medline jats crossref openalex studyhall csl endnote ris bibtex demo".split()
)
# Reference lists the other way about: JATS keeps each reference as printed, PubMed often only its number.
PRECEDENCE_OF_REFERENCES = tuple(
    StudySource.Kind(kind)
    for kind in "jats crossref pubmed medline openalex studyhall csl endnote ris bibtex demo".split()
)
