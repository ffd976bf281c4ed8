"""What a study is about, as tags: its keywords and its MeSH headings, without those that say how it was made."""

from __future__ import annotations

from common.tags import NAME_LIMIT, normalise
from studies.importing.record import StudyRecord

TAGS_OF_A_STUDY = 40  # the record keeps them all; more than this says nothing more about a study

# NLM's check tags, and the groups of people and animals that its indexers must always name.
CHECK_TAGS = """
Humans|Human|Animals|Animal|Male|Female|Pregnancy|Adolescent|Adolescence|Adult|Aged|Aged, 80 and over|Middle Aged|
Middle Age|Young Adult|Child|Child, Preschool|Infant|Infant, Newborn|Cats|Cattle|Chick Embryo|Cricetinae|Dogs|Goats|
Guinea Pigs|Hamsters|Horses|Mice|Rabbits|Rats|Sheep|Swine|Mice, Inbred BALB C|Mice, Inbred C57BL|Mice, Nude|
Rats, Sprague-Dawley|Rats, Wistar|History, 20th Century|History, 21st Century
"""
# Headings of the design, the measuring and the arithmetic. ``evidence`` reads the designs; as tags they would join what
# has nothing else in common.
DESIGN = """
Double-Blind Method|Single-Blind Method|Random Allocation|Cross-Over Studies|Placebos|Treatment Outcome|
Follow-Up Studies|Prospective Studies|Retrospective Studies|Longitudinal Studies|Cross-Sectional Studies|
Cohort Studies|Case-Control Studies|Pilot Projects|Feasibility Studies|Time Factors|Risk Factors|
Severity of Illness Index|Reproducibility of Results|Sensitivity and Specificity|Predictive Value of Tests|Prognosis|
Incidence|Prevalence|Analysis of Variance|Regression Analysis|Logistic Models|Proportional Hazards Models|
Kaplan-Meier Estimate|Odds Ratio|Statistics, Nonparametric|Surveys and Questionnaires|Sample Size|
Data Interpretation, Statistical|Drug Administration Schedule|Dose-Response Relationship, Drug|
Evidence-Based Medicine|Research Design|Comparative Effectiveness Research|Age Factors|Sex Factors|Algorithms|
Models, Statistical
"""
# What Embase's indexers put among the keywords of every record: whom and what it was done with, and its kind.
EMBASE_CHECK = """
human|humans|nonhuman|male|female|adult|aged|article|review|letter|editorial|priority journal|controlled study|
major clinical study|clinical article|human experiment|animal experiment|human tissue|human cell|normal human
"""


def _folded(name: str) -> str:
    return " ".join(name.split()).casefold()


PASSED_OVER = frozenset(map(_folded, f"{CHECK_TAGS}|{DESIGN}".split("|")))
PASSED_AS_KEYWORDS = frozenset(map(_folded, EMBASE_CHECK.split("|")))


def tag_names(record: StudyRecord) -> list[str]:
    """A study's tags, normalised, each once, at most 40: keywords, then the major headings, then the others."""
    headings = sorted(record.mesh, key=lambda heading: not heading.major)
    names = [name for name in record.keywords if _folded(name) not in PASSED_AS_KEYWORDS]
    names += [natural(heading.descriptor) for heading in headings if is_a_subject(heading.descriptor)]
    # A "keyword" longer than a tag may be is a sentence.
    tags = (normalise(name) for name in names if len(name) <= NAME_LIMIT)
    return list(dict.fromkeys(filter(None, tags)))[:TAGS_OF_A_STUDY]


def is_a_subject(descriptor: str) -> bool:
    key = _folded(descriptor)
    return key not in PASSED_OVER and not key.endswith(" as topic")


def natural(descriptor: str) -> str:
    """A heading as people say it: "Lupus Erythematosus, Cutaneous" is cutaneous lupus erythematosus.

    So that a heading and an author's keyword become one tag. Headings with several commas stay as they are.
    """
    noun, comma, qualifier = descriptor.partition(", ")
    return f"{qualifier} {noun}" if comma and "," not in qualifier else descriptor
