"""Identifiers of works, people and journals, each in its one spelling.

Every ``parse_…`` takes text as people and files write it and gives the normalised identifier, or "" where the text
is none; ``find`` gives those inside a running text. Nothing is looked up: a well-formed identifier may still name
nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote, unquote

DOI_LIMIT = 250  # characters: what the library's columns hold
DOI = re.compile(r"10\.\d{4,9}/\S+")
DOI_PREFIX = re.compile(r"(?:(?:https?://)?(?:dx\.|www\.)?doi\.org/|doi\s*:?\s*|urn:doi:|info:doi/)+", re.IGNORECASE)
DOI_IN_TEXT = re.compile(r"(?:\bdoi\s*:?\s*|doi\.org/)(10\.\d{4,9}/\S+)", re.IGNORECASE)
# What no registrant puts at the end of a DOI and every sentence does.
TRAILING = ".,;:!?'\"“”‘’«»…"
BRACKETS = {")": "(", "]": "[", "}": "{", ">": "<"}
# Never part of a DOI, though they are no white space: they would let markup or control characters into an address.
NOT_IN_DOI = re.compile(r"[\x00-\x20\x7f-\xa0\u2028\u2029\ud800-\udfff<>\"`\\^{}|]")
# DOIs of the 1990s carry the SICI of their article, angle brackets and all: 10.1002/(SICI)1097-0258…<1661::AID…
SICI = re.compile(
    r"10\.\d{4,9}/(?:\(sici\))?\d{4}-\d{3}[\dx]\([^<>\s]*\)[^<>\s]*<[\w.-]+::?[\w-]+>[\w.;:#-]+", re.IGNORECASE
)

PMID = re.compile(r"[1-9]\d{0,7}")
PMID_PREFIX = re.compile(
    r"(?:(?:https?://)?(?:www\.)?(?:pubmed\.ncbi\.nlm\.nih\.gov|ncbi\.nlm\.nih\.gov/pubmed)/|(?:pmid|pubmed)\s*:?\s*)",
    re.IGNORECASE,
)
PMID_IN_TEXT = re.compile(r"\bPMID\s*:?\s*([1-9]\d{0,7})\b", re.IGNORECASE)
PMCID = re.compile(r"PMC([1-9]\d{0,11})(?:\.\d+)?", re.IGNORECASE)
PMCID_PREFIX = re.compile(
    r"(?:(?:https?://)?(?:www\.)?(?:pmc\.ncbi\.nlm\.nih\.gov|ncbi\.nlm\.nih\.gov/pmc)/articles/|pmcid\s*:?\s*)",
    re.IGNORECASE,
)
ORCID = re.compile(r"(\d{4})-?(\d{4})-?(\d{4})-?(\d{3}[\dX])", re.IGNORECASE)
ORCID_PREFIX = re.compile(r"(?:(?:https?://)?(?:www\.)?orcid\.org/|orcid\s*:?\s*)", re.IGNORECASE)
ISSN = re.compile(r"(\d{4})[-–]?(\d{3}[\dX])", re.IGNORECASE)
ISSN_PREFIX = re.compile(r"(?:https?://portal\.issn\.org/resource/issn/|e?issn\s*:?\s*)", re.IGNORECASE)

# The registers of the WHO's International Clinical Trials Registry Platform, by the shape of their numbers.
REGISTRATION = re.compile(
    r"\b(?:"
    r"NCT\s?0?\d{8}"
    r"|ISRCTN\s?\d{8}"
    r"|(?:EudraCT\s*(?:number|no\.?|nr\.?)?\s*:?\s*)?20\d{2}-\d{6}-\d{2}(?:-\d{2})?"
    r"|UMIN\s?\d{9}"
    r"|JPRN-[A-Z]+\d{6,12}|jRCT[a-z]?\d{9,10}|JapicCTI-\d{6}"
    r"|ACTRN\s?\d{14}p?"
    r"|ChiCTR(?:-[A-Z]{2,5})?-?\d{8,10}"
    r"|CTRI/\d{4}/\d{2,3}/\d{6}"
    r"|DRKS\s?\d{8}"
    r"|NTR\s?\d{2,4}|NL\d{4,5}"
    r"|IRCT\s?\d{8,14}N\d{1,3}"
    r"|KCT\s?\d{7}"
    r"|PACTR\s?\d{15,16}"
    r"|TCTR\s?\d{11}"
    r"|RBR-[0-9a-z]{6,7}"
    r"|SLCTR/\d{4}/\d{3}"
    r"|CRD\s?\d{11}"
    r")(?![\w-])",
    re.IGNORECASE,
)
REGISTRATION_SPELLING = {"CHICTR": "ChiCTR", "JRCT": "jRCT", "JAPICCTI": "JapicCTI"}


def parse_doi(text: str | None) -> str:
    """A DOI in lower case without resolver or "doi:", e.g. ``10.2147/btt.s9806``; at most 250 characters.

    Percent-encoding is undone, punctuation that ends a sentence is stripped, as is a closing bracket that nothing
    inside opens. Markup characters are refused, save where an old SICI brings its own angle brackets.
    """
    if not text:
        return ""
    text = text.strip()[: DOI_LIMIT * 4]
    bare = DOI_PREFIX.sub("", text, count=1) if DOI_PREFIX.match(text) else text
    while "%" in bare and (decoded := unquote(bare, errors="replace")) != bare:  # encoded twice happens too
        bare = decoded
    doi = _without_trailing(bare.strip()).lower()
    if len(doi) > DOI_LIMIT or not DOI.fullmatch(doi) or "\ufffd" in doi:
        return ""
    if NOT_IN_DOI.search(doi) and not SICI.fullmatch(doi):
        return ""
    return doi


def doi_in(text: str) -> str:
    """The DOI that a reference's text announces as such ("doi:10.…", "https://doi.org/10.…"), else ""."""
    found = DOI_IN_TEXT.search(text)
    return parse_doi(found[1]) if found else ""


def parse_pmid(text: str | None) -> str:
    """A PubMed number: 1 to 8 digits, no leading zero; "PMID: 123" and PubMed addresses are understood."""
    if not text:
        return ""
    bare = PMID_PREFIX.sub("", text.strip(), count=1).strip(" ./")
    return bare if bare.isascii() and PMID.fullmatch(bare) else ""


def pmid_in(text: str) -> str:
    """The PMID that a reference's text announces as such ("PMID: 123"), else ""."""
    found = PMID_IN_TEXT.search(text)
    return found[1] if found and found[1].isascii() else ""


def parse_pmcid(text: str | None) -> str:
    """A PubMed Central number with its letters, ``PMC3043309``; a version ("PMC3043309.2") is dropped."""
    if not text:
        return ""
    bare = PMCID_PREFIX.sub("", text.strip(), count=1).strip(" ./")
    found = PMCID.fullmatch(bare)
    return f"PMC{found[1]}" if found and bare.isascii() else ""


def parse_orcid(text: str | None) -> str:
    """An ORCID iD as ``0000-0002-1825-0097``, only where its check character is right (ISO 7064 MOD 11-2)."""
    if not text:
        return ""
    bare = ORCID_PREFIX.sub("", text.strip(), count=1).strip(" ./")
    found = ORCID.fullmatch(bare)
    if not found or not bare.isascii():
        return ""
    orcid = "-".join(found.groups()).upper()
    return orcid if _orcid_check(orcid.replace("-", "")[:-1]) == orcid[-1] else ""


def _orcid_check(digits: str) -> str:
    total = 0
    for digit in digits:
        total = (total + int(digit)) * 2
    rest = (12 - total % 11) % 11
    return "X" if rest == 10 else str(rest)


def parse_issn(text: str | None) -> str:
    """An ISSN as ``1177-5475``, only where its check character is right (ISO 3297: weights 8 to 2, modulo 11)."""
    bare = ISSN_PREFIX.sub("", (text or "").strip(), count=1).strip(" ./")
    found = ISSN.fullmatch(bare)
    if not found or not (found[1] + found[2]).isascii():
        return ""
    issn = f"{found[1]}-{found[2].upper()}"
    digits = issn.replace("-", "")
    rest = -sum(int(digit) * weight for digit, weight in zip(digits[:7], range(8, 1, -1), strict=True)) % 11
    return issn if ("X" if rest == 10 else str(rest)) == digits[7] else ""


def parse_registration(text: str | None) -> str:
    """A trial's (or review's) registration number, where the whole text is one: NCT, ISRCTN, EudraCT, UMIN, ACTRN …

    Only the shape is checked. Gives the number without inner spaces, in its register's spelling.
    """
    found = REGISTRATION.fullmatch((text or "").strip(" .,;:()[]"))
    return _registration(found[0]) if found else ""


def registration_in(text: str) -> str:
    """The first registration number inside a text, else ""."""
    found = REGISTRATION.search(text)
    return _registration(found[0]) if found else ""


def registrations_in(text: str) -> list[str]:
    """Every registration number inside a text, in order."""
    return [_registration(found[0]) for found in REGISTRATION.finditer(text)]


def _registration(text: str) -> str:
    number = re.sub(r"^EudraCT\s*(?:number|no\.?|nr\.?)?\s*:?\s*", "", text, flags=re.IGNORECASE)
    number = re.sub(r"\s", "", number)
    letters = re.match(r"[A-Za-z]*", number)[0]  # type: ignore[index]
    if letters.upper() == "RBR":
        return f"RBR{number[3:].lower()}"
    if letters.upper() == "ACTRN":
        return f"ACTRN{number[5:].lower()}"
    if letters[:4].upper() == "JRCT":
        return f"jRCT{number[4:].lower()}"
    return REGISTRATION_SPELLING.get(letters.upper(), letters.upper()) + number[len(letters) :].upper()


def recognise(text: str) -> tuple[str, str] | None:
    """What identifier a search box was given, if it was one: ("doi", "10.…"), or with "pmid", "pmcid", "orcid",
    "registration" or "issn" before it.

    Bare digits are a PMID from five digits on: fewer are more often a year or a dose. An ISSN is asked last, because
    it needs its hyphen or its name to be told from a number.
    """
    text = text.strip()
    if doi := parse_doi(text):
        return "doi", doi
    if pmcid := parse_pmcid(text):
        return "pmcid", pmcid
    if orcid := parse_orcid(text):
        return "orcid", orcid
    if (pmid := parse_pmid(text)) and (PMID_PREFIX.match(text) or len(pmid) >= 5):
        return "pmid", pmid
    if registration := parse_registration(text):
        return "registration", registration
    if (issn := parse_issn(text)) and not text.isdigit():
        return "issn", issn
    return None


def _without_trailing(text: str) -> str:
    while text:
        last = text[-1]
        if last in TRAILING or (last in BRACKETS and text.count(last) > text.count(BRACKETS[last])):
            text = text[:-1]
        else:
            break
    return text


# ── Identifiers inside running text ──────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Found:
    """An identifier of a work in a text: ``text[start:end]`` is how it stands there, with its label or as an address.

    ``kind`` is "doi", "pmid", "pmcid" or "registration"; ``value`` is what ``parse_…`` of that kind gives.
    """

    kind: str
    value: str
    start: int
    end: int


def find(text: str) -> list[Found]:
    """The DOIs, PMIDs, PMCIDs and trial registrations that a text names, in order, also inside addresses.

    A number counts only where something says what it is: its label, its letters, its address, or the shape that only
    a DOI has. Takes time in proportion to the length of the text, whatever it holds; never raises.
    """
    plain, places = _flattened(text)
    return [
        found if places is None else Found(found.kind, found.value, places[found.start], places[found.end - 1] + 1)
        for found in _found_in(plain)
    ]


def named_by(address: str) -> tuple[str, str] | None:
    """What a web address leads to, as kind and value, where the address itself says it; else None."""
    plain, _ = _flattened(address.strip())
    return _of_address(plain) if SCHEME.match(plain) else None


def address_of(kind: str, value: str) -> str:
    """Where a work that is not in the library can be read about: doi.org, PubMed, PMC or its register."""
    if kind == "doi":
        return f"https://doi.org/{quote(value, safe='/:;().-_~')}"
    if kind == "pmid":
        return f"https://pubmed.ncbi.nlm.nih.gov/{quote(value)}/"
    if kind == "pmcid":
        return f"https://pmc.ncbi.nlm.nih.gov/articles/{quote(value)}/"
    if value.startswith("NCT"):
        return f"https://clinicaltrials.gov/study/{quote(value)}"
    if value.startswith("ISRCTN"):
        return f"https://www.isrctn.com/{quote(value)}"
    if value.startswith("CRD"):
        return f"https://www.crd.york.ac.uk/prospero/display_record.php?ID={quote(value)}"
    return f"https://trialsearch.who.int/Trial2.aspx?TrialID={quote(value, safe='')}"


def written(kind: str, value: str) -> str:
    """An identifier as a reader knows it: "doi:10.1000/1", "PMID 123", "PMC123", "NCT01234567"."""
    return {"doi": f"doi:{value}", "pmid": f"PMID {value}"}.get(kind, value)


# Nothing to the eye, and yet often between the characters of what was copied from a page.
UNSEEN = dict.fromkeys(
    map(ord, "\u00ad\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u2060\u2066\u2067\u2068\u2069\ufeff")
)
ONE_FOR_ONE = (
    {ord(letter): letter.lower() for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}
    | dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2212\ufe58\ufe63\uff0d"), "-")
    | dict.fromkeys(map(ord, "\u00a0\u2002\u2003\u2007\u2009\u200a\u202f\u3000"), " ")
    | {code: chr(code - 0xFEE0).lower() for code in range(0xFF01, 0xFF5F) if code != 0xFF0D}  # full width
    | {ord("\u2044"): "/", ord("\u2215"): "/"}
)
SEEN = re.compile(f"[^{''.join(map(chr, UNSEEN))}]")
EN_DASH_INSIDE = re.compile(r"(?<=[0-9a-z)])\u2013(?=[0-9(])")

TEXT_RUN, ADDRESS_RUN = 300, 500  # characters looked at for one identifier
# What can stand in an identifier or an address that stands in a sentence; a comma ends it where another one follows.
PLAIN_RUN = r"[!#$%&'()*+\-./0-9:=?@\[\]_a-z~]"
MORE_RUN = rf"(?:[,;](?!\s|https?:|doi|10\.[0-9]{{4}}|pm[ic]){PLAIN_RUN}{{0,{TEXT_RUN}}}){{0,20}}"
IN_TEXT = re.compile(
    rf"""
    (?<![0-9a-z])(?:
        (?P<address>(?:https?://|(?<![.@/-])(?:[a-z0-9-]{{1,40}}\.){{1,5}}[a-z]{{2,12}}/(?=[0-9a-z])){PLAIN_RUN}{{1,{ADDRESS_RUN}}}{MORE_RUN})
      | (?P<doi>(?P<doi_label>(?:urn:|info:)?doi(?:\s?(?:number|no|id|link|nr)\b)?\.?(?:%3a|[\s:=\#/("'\[-]){{0,4}})?
            10\.[0-9]{{4,9}}(?:/|%(?:25)?2f){PLAIN_RUN}{{1,{TEXT_RUN}}}{MORE_RUN})
      | (?P<pmid>(?P<pmid_label>pmids?|pubmed(?:\s?-?(?:ids?|pmids?|number|no)\b)?)
            (?P<pmid_gap>\.?\s{{0,3}}(?:(?:[:=\#(/-]|is\b|no\.|number\b)\s{{0,3}}){{0,2}})
            (?P<pmid_value>[1-9][0-9]{{0,7}})(?![0-9a-z]))
      | (?P<pmcid>(?P<pmcid_label>pmcids?\s{{0,3}}(?:[:=\#(-]\s{{0,3}})?)?
            (?P<pmcid_letters>pmc(?P<pmcid_gap>[\s:-]{{0,2}}))?
            (?P<pmcid_value>[1-9][0-9]{{0,11}})(?:\.[0-9]{{1,2}}(?![0-9]))?(?![0-9a-z]))
      | (?P<nct>nct\s?(?:(?:number|no\.?|id|[:\#-])\s?){{0,2}}(?P<nct_value>[0-9]{{8}})(?![0-9a-z]))
      | (?P<registration>isrctn\s?[0-9]{{8}}
            |eudract[\s:-]{{0,2}}(?:(?:number|no|nr)\b\.?)?[\s:-]{{0,2}}20[0-9]{{2}}-[0-9]{{6}}-[0-9]{{2}}
            |umin\s?[0-9]{{9}}|jprn-[a-z]{{1,12}}[0-9]{{6,12}}|jrct[a-z]?[0-9]{{9,10}}|japiccti-[0-9]{{6}}|actrn\s?[0-9]{{14}}p?
            |chictr(?:-[a-z]{{2,5}})?-?[0-9]{{8,10}}|ctri/[0-9]{{4}}/[0-9]{{2,3}}/[0-9]{{6}}|drks\s?[0-9]{{8}}
            |irct\s?[0-9]{{8,14}}n[0-9]{{1,3}}|kct\s?[0-9]{{7}}|pactr\s?[0-9]{{15,16}}|tctr\s?[0-9]{{11}}
            |slctr/[0-9]{{4}}/[0-9]{{3}}|crd\s?[0-9]{{11}})(?![0-9a-z-])
    )
    """,
    re.VERBOSE,
)
ANOTHER_PMID = re.compile(
    r"\s{0,2}(?:,|;|/|and\b|&)\s{0,2}(?:and\s)?(?:pmid:?\s?)?([1-9][0-9]{4,7})(?![0-9a-z/]|\.[0-9])"
)
REST_OF_RUN = re.compile(r"\S*")
SCHEME = re.compile(r"https?://")
BRACKET = re.compile(r"[()\[\]]")
FOOTNOTE_MARK = re.compile(r"\[[0-9]{1,3}\]$")
AFTER_DOI = re.compile(r"\]\(|\*\*|__|\?(?=[a-z_]+=)|&(?=(?:[gl]t|amp|quot|nbsp|#[0-9]+)(?:;|$)|[a-z_]+=)")
# "10.2023/24" is more often a month than a DOI, and "10.5000/2" a number.
UNSURE = re.compile(r"10\.[0-9]+/[0-9.,/-]{0,4}|10\.(?:19|20)[0-9]{2}/[0-9.,/-]{0,7}")
YEAR_OR_COUNT = 7  # digits from which a number after the mere word PubMed is taken for a PMID


def _flattened(text: str) -> tuple[str, list[int] | None]:
    """The text in small letters, plain dashes and spaces, without what cannot be seen; and where its characters stood.

    None where each stands where it stood.
    """
    if text.isascii():
        return text.lower(), None
    places = None
    if not UNSEEN.keys().isdisjoint(map(ord, text)):
        places = [match.start() for match in SEEN.finditer(text)]
        text = text.translate(UNSEEN)
    return EN_DASH_INSIDE.sub("-", text.translate(ONE_FOR_ONE)), places


def _found_in(plain: str) -> Iterator[Found]:
    at = 0
    while match := IN_TEXT.search(plain, at):
        at = match.end()
        start = match.start()
        if match["address"]:
            written = _without_what_follows(match["address"])
            at = start + len(written)
            named = _of_address(written)
            if named:
                yield Found(*named, start, at)
            elif len(match["address"]) >= ADDRESS_RUN or at == start:
                at = max(REST_OF_RUN.match(plain, match.end()).end(), start + 1)  # type: ignore[union-attr]
        elif match["doi"]:
            label = match["doi_label"] or ""
            bare, length = _doi_at(plain, start + len(label), match.end())
            at = start + len(label) + max(length, 1)
            if bare and (label or not UNSURE.fullmatch(bare)) and not (not label and plain[start - 1 : start] == "/"):
                yield Found("doi", bare, start, at)
        elif match["pmid"]:
            sure = match["pmid_label"] != "pubmed" or any(sign in match["pmid_gap"] for sign in ":=#/")
            if sure or len(match["pmid_value"]) >= YEAR_OR_COUNT:
                yield Found("pmid", match["pmid_value"], start, at)
                while match["pmid_label"] != "pubmed" and (another := ANOTHER_PMID.match(plain, at)):
                    yield Found("pmid", another[1], another.start(1), another.end())
                    at = another.end()
        elif match["pmcid"]:
            digits, letters = match["pmcid_value"], match["pmcid_letters"]
            shortest = 1 if match["pmcid_label"] else 5 if match["pmcid_gap"] else 3
            if (letters or match["pmcid_label"]) and len(digits) >= shortest:
                yield Found("pmcid", f"PMC{digits}", start, at)
        elif match["nct"]:
            yield Found("registration", f"NCT{match['nct_value']}", start, at)
        elif number := parse_registration(match["registration"].replace("eudract:", "eudract ")):
            yield Found("registration", number, start, at)


def _doi_at(plain: str, start: int, end: int) -> tuple[str, int]:
    """The DOI that begins there, and how many characters it takes."""
    if sici := SICI.match(plain[start : start + TEXT_RUN]):
        written = sici[0].rstrip(TRAILING)
        return parse_doi(written), len(written)
    written = _without_what_follows(plain[start:end])
    if cut := AFTER_DOI.search(written):
        written = _without_what_follows(written[: cut.start()])
    return parse_doi(written), len(written)


def _without_what_follows(run: str) -> str:
    """A run of characters without what the sentence around it adds: closing brackets, punctuation, emphasis, notes."""
    open_now = {"(": 0, "[": 0}
    for bracket in BRACKET.finditer(run):
        if bracket[0] in open_now:
            open_now[bracket[0]] += 1
        elif open_now[opener := BRACKETS[bracket[0]]]:
            open_now[opener] -= 1
        else:
            run = run[: bracket.start()]
            break
    for _ in range(3):
        shorter = run.rstrip(".,;:!?'*_~-/([=&#@+$")
        if shorter.endswith("]"):
            shorter = FOOTNOTE_MARK.sub("", shorter)
        if shorter == run:
            break
        run = shorter
    return run


# ── Addresses ────────────────────────────────────────────────────────────────────────────────────

DOI_IN_PATH = re.compile(r"/(?:info:)?doi/(?:[a-z]{2,14}/){0,2}(10\.[0-9]{4,9}/.+)")
DOI_IN_QUERY = re.compile(r"(?:^|&)(?:doi|id|articleid)=(?:(?:info:)?doi[:/])?(10\.[0-9]{4,9}/[^&]+)")
DOI_ANYWHERE = re.compile(r"/(10\.[0-9]{4,9}/.+)")
# What publishers put behind a DOI for one of its faces.
FACE = re.compile(
    r"(?:/(?:full|full-?text|abstract|abs|html?|x?pdf|epdf|epub|meta|figures?|references|tables|summary|suppl[a-z_]*|"
    r"fulltext\.html|full\.html|full\.pdf|pdf/.*)/?|\.(?:pdf|html?|full(?:-text|\.pdf|\.html)?|short|abstract|xml))+$"
)
PREPRINT_FACE = re.compile(r"(v[0-9]{1,2})?(\.[a-z.-]+)?$")
# Hosts whose addresses hold a DOI as it is.
HOLD_A_DOI = (
    "link.springer.com", "biomedcentral.com", "springeropen.com", "frontiersin.org", "thieme-connect.com",
    "thieme-connect.de", "thieme.com", "zenodo.org", "degruyter.com", "degruyterbrill.com", "asmedigitalcollection.org",
    "karger.com", "oadoi.org", "unpaywall.org", "iopscience.iop.org", "f1000research.com", "dl.acm.org", "jmir.org",
)  # fmt: skip
REGISTERS = ("isrctn.com", "drks.de", "trialsearch.who.int", "crd.york.ac.uk")
# Addresses that give a DOI by a rule that holds for every article of theirs.
BY_RULE = {
    "nature.com": (
        (re.compile(r"/articles/(s41599-[0-9]{3}-[0-9]{4,5}-[0-9a-z])(?![0-9a-z-])"), "10.1057/{}"),
        (re.compile(r"/articles/(s[0-9]{5}-[0-9]{2,4}-[0-9]{4,5}-[0-9a-z])(?![0-9a-z-])"), "10.1038/{}"),
        (re.compile(r"/articles/((?:nature|srep|ncomms)[0-9]{4,5})(?![0-9a-z-])"), "10.1038/{}"),
    ),
    "elifesciences.org": ((re.compile(r"/articles/([0-9]{5,6})(?![0-9a-z])"), "10.7554/elife.{}"),),
    "peerj.com": ((re.compile(r"/articles/([0-9]{1,6})(?![0-9a-z-])"), "10.7717/peerj.{}"),),
    "hindawi.com": ((re.compile(r"/journals/[a-z]+/((?:19|20)[0-9]{2}/[0-9]{6,7})(?![0-9a-z])"), "10.1155/{}"),),
    "arxiv.org": ((re.compile(r"/(?:abs|pdf)/([0-9]{4}\.[0-9]{4,5})(?![0-9a-u])"), "10.48550/arxiv.{}"),),
    "thelancet.com": (
        (
            re.compile(r"/.{0,80}?pii[=/]?(s[0-9]{4}-[0-9]{3}[0-9x]\([0-9]{2}\)[0-9]{5}-[0-9x])(?![0-9a-z])"),
            "10.1016/{}",
        ),
    ),
}
PUBMED_PATH = re.compile(r"/(?:m/)?(?:pubmed/)?([1-9][0-9]{0,7})(?:[/.]|$)")
PUBMED_QUERY = re.compile(r"(?:^|&)(?:term|list_uids)=(?:pmid:?)?([1-9][0-9]{0,7})(?:\[(?:pmid|uid)\])?(?:&|$)")
PMC_PATH = re.compile(r"/(?:pmc/)?articles/(pmc[1-9][0-9]{0,11})(?:[/.]|$)")
EUROPE_PMID = re.compile(r"/(?:articles?/|abstract/)?med/([1-9][0-9]{0,7})(?:/|$)")
EUROPE_PMCID = re.compile(r"/(?:articles?|abstract)/(?:pmc/)?(?:pmc)?([1-9][0-9]{0,11})(?:/|$)")
NCT_IN_PATH = re.compile(r"/(nct[0-9]{8})(?![0-9a-z])|[=/](nct[0-9]{8})(?:&|$)")


def _of_address(plain: str) -> tuple[str, str] | None:
    """Kind and value of what a flattened address leads to, where it says so."""
    # What stands behind "#" and "?" is found before percent signs are undone: an encoded one belongs to the path.
    place, _, query = SCHEME.sub("", plain, count=1).partition("#")[0].partition("?")
    place, query = _decoded(place), _decoded(query)
    host, slash, path = place.partition("/")
    host, path = host.partition(":")[0].removeprefix("www."), slash + path
    kind, value = _from_parts(host, path, query)
    return (kind, value) if value else None


def _decoded(text: str) -> str:
    for _ in range(3):
        if "%" not in text or (decoded := unquote(text, errors="replace").lower()) == text:
            break
        text = decoded
    return text


def _from_parts(host: str, path: str, query: str) -> tuple[str, str]:
    if host in ("doi.org", "dx.doi.org"):
        return "doi", _doi_of(path.lstrip("/").removeprefix("doi:"))
    if host in ("pubmed.ncbi.nlm.nih.gov", "pubmed.gov", "pubmed.com") or (
        host == "ncbi.nlm.nih.gov" and re.match(r"/(?:m/)?pubmed|/entrez|/sites/entrez", path)
    ):
        found = PUBMED_PATH.match(path) or PUBMED_QUERY.search(query)
        return "pmid", found[1] if found else ""
    if host in ("pmc.ncbi.nlm.nih.gov", "ncbi.nlm.nih.gov"):
        found = PMC_PATH.match(path)
        return "pmcid", found[1].upper() if found else ""
    if host == "europepmc.org":
        if found := EUROPE_PMID.match(path):
            return "pmid", found[1]
        found = EUROPE_PMCID.match(path)
        return "pmcid", f"PMC{found[1]}" if found else ""
    if host.removeprefix("classic.").removeprefix("beta.") == "clinicaltrials.gov":
        found = NCT_IN_PATH.search(f"{path}?{query}" if query else path)
        return "registration", (found[1] or found[2]).upper() if found else ""
    if host.endswith(REGISTERS):
        return "registration", registration_in(f"{path} {query.replace('=', ' ').replace('&', ' ')}")
    for rule, doi in BY_RULE.get(host, ()):
        if found := rule.match(f"{path}?{query}"):
            return "doi", parse_doi(doi.format(found[1]))
    if host in ("biorxiv.org", "medrxiv.org"):
        found = re.match(r"/content/(10\.[0-9]{4,9}/[0-9.]+[0-9])" + PREPRINT_FACE.pattern, path)
        return "doi", parse_doi(found[1]) if found else ""
    if found := DOI_IN_PATH.search(path) or (DOI_ANYWHERE.search(path) if host.endswith(HOLD_A_DOI) else None):
        return "doi", _doi_of(FACE.sub("", found[1]))
    if found := DOI_IN_QUERY.search(query):
        return "doi", _doi_of(found[1])
    return "", ""


def _doi_of(text: str) -> str:
    if sici := SICI.match(text):
        return parse_doi(sici[0])
    return parse_doi(_without_what_follows(text)) if text.startswith("10.") else ""
