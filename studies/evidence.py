"""What kind of evidence a study gives, read from how librarians and publishers classed it.

The facts asked are, in this order: NLM's publication types, NLM's MeSH headings, the JATS ``article-type``. Words of
a title or an abstract are never asked. Where the facts do not tell, the level is "not stated".

Sources of the table: the levels are those of the Oxford Centre for Evidence-Based Medicine ("The Oxford 2011 Levels
of Evidence", question "Does this intervention help?"); publication types and MeSH headings are read by the scope
notes of NLM's MeSH browser ("Publication Characteristics" and tree E05.318, epidemiologic methods).

==================================================  ===================  =============================================
fact                                                level                why
==================================================  ===================  =============================================
Systematic Review, Meta-Analysis, Network M.-A.     1 synthesis          OCEBM step 1
Randomized Controlled Trial, and the two types      2 trial              OCEBM step 2; NLM's scope notes of pragmatic
NLM calls randomised (pragmatic, equivalence)                            and equivalence trials say "randomized"
Controlled Clinical Trial, Clinical Trial (any      3 observational      OCEBM step 3, "non-randomized controlled
phase), Observational Study, Twin Study                                  cohort / follow-up study"
MeSH: cohort, follow-up, longitudinal, prospective, 3 observational      the same; a case-control study is step 4 of
retrospective, case-control, cross-sectional                             OCEBM, and stands here because ours of that
                                                                         step is called "case series or report"
Case Reports                                        4 cases              OCEBM step 4
Review, Editorial, Comment, guidelines, consensus   5 opinion            OCEBM step 5, "mechanism-based reasoning",
                                                                         and narrative texts, which OCEBM leaves out
MeSH Animals without Humans; In Vitro Techniques    6 laboratory         no evidence about people, whatever the design
protocols, errata, retraction notices, letters      not stated           they report no results, or results of any kind
==================================================  ===================  =============================================
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from studies.models.study import Level


class Evidence(NamedTuple):
    """A level, the design in words ("" when unknown), and the fact that gave them ("" when none did)."""

    level: Level
    study_type: str
    source: str


NOT_STATED = Evidence(Level.NOT_STATED, "", "")

# Most telling first: a work has several types, and the first row that it carries decides.
PUBLICATION_TYPES: tuple[tuple[str, Level, str], ...] = (
    ("Retraction of Publication", Level.NOT_STATED, "Retraction notice"),
    ("Retraction Notice", Level.NOT_STATED, "Retraction notice"),
    ("Published Erratum", Level.NOT_STATED, "Correction"),
    ("Expression of Concern", Level.NOT_STATED, "Expression of concern"),
    ("Clinical Trial Protocol", Level.NOT_STATED, "Trial protocol"),
    ("Network Meta-Analysis", Level.SYNTHESIS, "Network meta-analysis"),
    ("Meta-Analysis", Level.SYNTHESIS, "Meta-analysis"),
    ("Systematic Review", Level.SYNTHESIS, "Systematic review"),
    ("Randomized Controlled Trial, Veterinary", Level.LABORATORY, "Randomised trial in animals"),
    ("Clinical Trial, Veterinary", Level.LABORATORY, "Trial in animals"),
    ("Observational Study, Veterinary", Level.LABORATORY, "Observational study in animals"),
    ("Equivalence Trial", Level.TRIAL, "Randomised equivalence trial"),
    ("Pragmatic Clinical Trial", Level.TRIAL, "Pragmatic randomised trial"),
    ("Randomized Controlled Trial", Level.TRIAL, "Randomised controlled trial"),
    ("Controlled Clinical Trial", Level.OBSERVATIONAL, "Controlled trial, not randomised"),
    ("Clinical Trial, Phase IV", Level.OBSERVATIONAL, "Clinical trial, phase IV"),
    ("Clinical Trial, Phase III", Level.OBSERVATIONAL, "Clinical trial, phase III"),
    ("Clinical Trial, Phase II", Level.OBSERVATIONAL, "Clinical trial, phase II"),
    ("Clinical Trial, Phase I", Level.OBSERVATIONAL, "Clinical trial, phase I"),
    ("Adaptive Clinical Trial", Level.OBSERVATIONAL, "Adaptive clinical trial"),
    ("Clinical Trial", Level.OBSERVATIONAL, "Clinical trial"),
    ("Twin Study", Level.OBSERVATIONAL, "Twin study"),
    ("Observational Study", Level.OBSERVATIONAL, "Observational study"),
    ("Case Reports", Level.CASES, "Case report"),
    ("Practice Guideline", Level.OPINION, "Practice guideline"),
    ("Guideline", Level.OPINION, "Guideline"),
    ("Consensus Development Conference, NIH", Level.OPINION, "Consensus statement"),
    ("Consensus Development Conference", Level.OPINION, "Consensus statement"),
    ("Consensus Statement", Level.OPINION, "Consensus statement"),
    ("Scoping Review", Level.OPINION, "Scoping review"),
    ("Review", Level.OPINION, "Review"),
    ("Editorial", Level.OPINION, "Editorial"),
    ("Comment", Level.OPINION, "Comment"),
)

# An observational study is told apart further by its MeSH heading; alone, the heading gives the level too.
MESH_DESIGNS: tuple[tuple[str, str], ...] = (
    ("Case-Control Studies", "Case-control study"),
    ("Cross-Sectional Studies", "Cross-sectional study"),
    ("Prospective Studies", "Prospective study"),
    ("Retrospective Studies", "Retrospective study"),
    ("Longitudinal Studies", "Longitudinal study"),
    ("Follow-Up Studies", "Follow-up study"),
    ("Cohort Studies", "Cohort study"),
)

ARTICLE_TYPES: dict[str, tuple[Level, str]] = {
    "systematic-review": (Level.SYNTHESIS, "Systematic review"),
    "meta-analysis": (Level.SYNTHESIS, "Meta-analysis"),
    "case-report": (Level.CASES, "Case report"),
    "review-article": (Level.OPINION, "Review"),
    "editorial": (Level.OPINION, "Editorial"),
    "article-commentary": (Level.OPINION, "Comment"),
    "protocol": (Level.NOT_STATED, "Protocol"),
    "correction": (Level.NOT_STATED, "Correction"),
    "retraction": (Level.NOT_STATED, "Retraction notice"),
    "expression-of-concern": (Level.NOT_STATED, "Expression of concern"),
    "letter": (Level.NOT_STATED, "Letter"),
}

# Of people, or of nobody in particular: these say what they are whatever else NLM indexed beside them.
ABOUT_DESIGN_ONLY = (Level.TRIAL, Level.OBSERVATIONAL, Level.CASES)


def assess(
    publication_types: Iterable[str],
    mesh: Iterable[str] = (),
    article_type: str = "",
    stated_by: Callable[[str], str] = lambda name: "PubMed",
) -> Evidence:
    """The evidence level of a study, its design in words, and the fact both come from.

    Takes NLM publication types, MeSH descriptor names and the JATS article type, each as its source spells it
    (case does not matter); ``stated_by`` names the source that gives a publication type. A protocol is never counted as
    the trial that it announces.
    """
    types = {_key(name) for name in publication_types}
    headings = {_key(name) for name in mesh}
    animals_only = "animals" in headings and not headings & {"humans", "human"}
    for name, level, words in PUBLICATION_TYPES:
        if _key(name) in types:
            if animals_only and level in ABOUT_DESIGN_ONLY:
                return _laboratory("Animals", "Study in animals")
            if name == "Observational Study":
                words = next((design for heading, design in MESH_DESIGNS if _key(heading) in headings), words)
            return Evidence(level, words, f"{stated_by(name)} publication type “{name}”")
    if article_type == "protocol":  # NLM indexes a protocol under its planned design
        return _by_article_type(article_type)
    if animals_only:
        return _laboratory("Animals", "Study in animals")
    for heading, words in MESH_DESIGNS:
        if _key(heading) in headings:
            return Evidence(Level.OBSERVATIONAL, words, f"MeSH heading “{heading}”")
    if "in vitro techniques" in headings:
        return _laboratory("In Vitro Techniques", "Laboratory study")
    if _key("Letter") in types:
        return Evidence(Level.NOT_STATED, "Letter", f"{stated_by('Letter')} publication type “Letter”")
    return _by_article_type(article_type)


def _by_article_type(article_type: str) -> Evidence:
    if article_type not in ARTICLE_TYPES:
        return NOT_STATED
    level, words = ARTICLE_TYPES[article_type]
    return Evidence(level, words, f"JATS article type “{article_type}”")


def _laboratory(heading: str, words: str) -> Evidence:
    return Evidence(Level.LABORATORY, words, f"MeSH heading “{heading}”")


def _key(name: str) -> str:
    return " ".join(name.casefold().split())
