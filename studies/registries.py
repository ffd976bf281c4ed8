"""Where a trial's registration can be read."""

from __future__ import annotations

from urllib.parse import quote

# By how a number begins. Every other register of the WHO's platform is read there.
REGISTRIES = (
    ("NCT", "ClinicalTrials.gov", "https://clinicaltrials.gov/study/{}"),
    ("ISRCTN", "ISRCTN registry", "https://www.isrctn.com/{}"),
    ("CRD", "PROSPERO", "https://www.crd.york.ac.uk/PROSPERO/view/{}"),
    ("DRKS", "German Clinical Trials Register", "https://drks.de/search/en/trial/{}"),
    ("jRCT", "Japan Registry of Clinical Trials", "https://jrct.mhlw.go.jp/en-latest-detail/{}"),
    ("20", "EU Clinical Trials Register", "https://www.clinicaltrialsregister.eu/ctr-search/search?query={}"),
)
ELSEWHERE = ("WHO trial search", "https://trialsearch.who.int/Trial2.aspx?TrialID={}")


def registry_of(number: str) -> tuple[str, str]:
    """The register's name, and the address of a registration in it; for a number as ``parse_registration`` gives it."""
    for opening, name, address in REGISTRIES:
        if number.startswith(opening):
            return name, address.format(quote(number, safe=""))
    name, address = ELSEWHERE
    return name, address.format(quote(number, safe=""))
