"""What of a summary is not in the abstract: true sentences pass, false ones are caught."""

from __future__ import annotations

import gzip
import json
import re

import pytest

from studies.checking import drugs
from studies.checking.check import check, check_summary
from studies.checking.numbers import quantities
from tests.builders import make_study
from tests.shared import shared_file

ABSTRACT = """Background: Tacrolimus ointment 0.1% may calm lupus of the skin. Methods: 12,345 men and seven hundred and
seventy-three women aged 18-65 years at 14 centres used minoxidil 5% or 1 g of placebo twice daily for 24 weeks (1:1) in a
double-blind phase 2 trial from 2009 to 2011 (NCT01234567). Results: At weeks 4, 8 and 12 hair count rose by 45 and 66%
(95% CI, 60-72; P<.001); one in ten men stopped. Half of the women answered, and hydroxychloroquine 200 mg/day was allowed
for 12 months. The dose was 5 mg/kg. IL-2 did not change. The mean was 0·35 ± 0·04 mm."""


def found(said: str, abstract: str = ABSTRACT, title: str = "A trial") -> list[str]:
    return [finding.words for finding in check(title=title, abstract=abstract, said={"body": said}).findings]


class TestTrueSentences:
    @pytest.mark.parametrize(
        "said",
        [
            "12 345 men took part.",
            "12345 men and 773 women took part.",
            "Tacrolimus 0.1 % was used; so was tacrolimus .1%.",
            "With a decimal comma: 0,1 %.",
            "It lasted twenty-four weeks.",
            "A 24-week trial at fourteen centres.",
            "Aged 18–65 years, or from 18 to 65.",
            "After 4 weeks and after 8 weeks; week 12 was the last.",
            "Hair count rose by 45% in one group and by 66 percent in the other (95% confidence interval 60 to 72).",
            "The difference was clear (p < 0.001).",
            "10% of the men stopped, which is 1 in 10.",
            "50% of the women answered.",
            "Hydroxychloroquine 200 mg a day was allowed for one year.",
            "1000 mg of placebo, 2 times a day.",
            "The drug 5-alpha reductase, COVID-19, IL-6 and phase 3 are names.",
            "In 2018 the first, the 2nd and a third group of one of the two arms were looked at.",
            "See [1], [^2] and https://example.org/2024/99 or PMID 12345678.",
            "The dose was 5 mg/kg; the mean 0.35 mm.",
            "It was double-blind, with a half-life nobody knew.",
        ],
    )
    def test_pass(self, said):
        assert found(said) == []

    def test_say_how_an_exact_conversion_was_matched(self):
        result = check(title="", abstract=ABSTRACT, said={"tldr": "One year; 50% of the women."})
        assert result.findings == []
        assert dict(result.matched) == {
            "One year": "the abstract says 12 months",
            "50%": "the abstract says Half",
        }


class TestFalseSentences:
    @pytest.mark.parametrize(
        ("said", "caught"),
        [
            ("12,354 men took part.", "12,354"),
            ("Twelve men took part.", "Twelve"),
            ("774 women took part.", "774"),
            ("Tacrolimus 1% was used.", "1%"),
            ("It lasted 6 months.", "6 months"),
            ("It lasted 24 days.", "24 days"),
            ("The dose was 5 mg.", "5 mg"),
            ("The dose was 5 g/kg.", "5 g/kg"),
            ("Hair count rose by 67%.", "67%"),
            ("Hair count rose by 65 %.", "65 %"),
            ("p < 0.01", "0.01"),
            ("A third of the men stopped.", "A third"),
            ("One in five men stopped.", "One in five"),
            ("Three times as many.", "Three times"),
            ("14% of the centres closed.", "14%"),
            ("About 70 percent got better.", "70 percent"),
        ],
    )
    def test_are_caught(self, said, caught):
        assert found(said) == [caught]

    def test_of_rounding_name_what_was_meant(self):
        (finding,) = check(title="", abstract="It rose by 29.8%.", said={"tldr": "It rose by 30%."}).findings
        assert (finding.kind, finding.words, finding.where) == ("percentage", "30%", "TL;DR")
        assert "29.8%" in finding.hint

    def test_are_told_apart_by_sentence_and_place(self):
        said = {"tldr": "It rose by 30%.", "body": "It rose by 30%. It fell by 30%. It fell by 30%."}
        keys = [finding.key for finding in check(title="", abstract="It rose.", said=said).findings]
        assert len(keys) == len(set(keys)) == 3


class TestDrugs:
    def test_in_other_names_pass(self):
        abstract = "Ciclosporin, paracetamol and Plaquenil were given, and tretinoin."
        assert found("Cyclosporine, acetaminophen, hydroxychloroquine and all-trans retinoic acid.", abstract) == []

    @pytest.mark.parametrize("drug", ["finasteride", "upadacitinib", "dupilumab", "Propecia", "atorvastatin", "zinc"])
    def test_that_the_abstract_does_not_name_are_caught(self, drug):
        assert [word.lower() for word in found(f"It was compared with {drug}.")] == [drug.lower()]

    @pytest.mark.parametrize(
        "words", ["In April people accepted the concept of a peptide.", "Statins, a class.", "skin"]
    )
    def test_are_not_seen_in_ordinary_words(self, words):
        assert drugs.found_in(words) == {}

    @pytest.mark.django_db
    def test_are_known_from_the_librarys_own_tags(self):
        study = make_study(tags=["quinazidine"])
        study.text.abstract_html = "<p>Nothing was given.</p>"
        assert [each.words for each in check_summary(study, tldr="Quinazidine helped.", body="").findings] == [
            "quinazidine"
        ]


class TestWithoutAnAbstract:
    def test_nothing_can_be_checked_and_one_tick_is_asked(self):
        (finding,) = check(title="A trial of 12", abstract=" ", said={"tldr": "99% of 1,000."}).findings
        assert finding.kind == "unchecked"


class TestReading:
    @pytest.mark.parametrize(
        "text", ["", "%", "1" * 5000, "1,2.3,4 " * 500, "½ of ½-½ to - 5", "one hundred and and", "(((1"]
    )
    def test_never_raises(self, text):
        quantities(text)


@pytest.mark.slow
def test_conclusions_of_real_abstracts_pass_and_changed_numbers_are_caught():
    """Of 400 real abstracts: their own conclusions pass; a number changed in the results is caught, nine times of ten."""
    conclusion = re.compile(r"^(?:CONCLUSIONS?|Conclusions?)[^:\n]{0,60}:\s*(.+)", re.MULTILINE)
    number = re.compile(r"(?<![\w.,/-])\d+\.\d+(?=\s?(?:%|mg|[);,]))")
    passed = seen = caught = changed = 0
    with gzip.open(shared_file("studies.jsonl.gz"), "rt", encoding="utf-8") as lines:
        for line in lines:
            facts = json.loads(line)
            abstract = facts.get("abstract") or ""
            match = conclusion.search(abstract)
            if not match:
                continue
            seen += 1
            passed += not check(title=facts["title"], abstract=abstract, said={"body": match[1]}).findings
            if told := number.search(abstract[: match.start()]):
                wrong = f"{float(told[0]) + 13.7:.{len(told[0].split('.')[1])}f}"
                sentence = f"It was {wrong}{abstract[told.end() : told.end() + 30]}"
                changed += 1
                caught += bool(check(title=facts["title"], abstract=abstract, said={"body": sentence}).findings)
            if seen == 400:
                break
    assert passed >= 0.99 * seen
    assert caught >= 0.9 * changed > 100
