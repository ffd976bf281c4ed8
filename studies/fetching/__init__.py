"""Records fetched from PubMed, Crossref and OpenAlex.

``request`` asks for works by their identifiers and gives the run that a job then does. The ``fetch_…`` functions ask
one source at once, for jobs of others.
"""

from studies.fetching.pasted import read_pasted
from studies.fetching.requesting import NothingAsked, request
from studies.fetching.sources import fetch_crossref, fetch_openalex, fetch_pubmed, find_pmids

__all__ = [
    "NothingAsked",
    "fetch_crossref",
    "fetch_openalex",
    "fetch_pubmed",
    "find_pmids",
    "read_pasted",
    "request",
]
