"""The evidence level comes from how a study was classed, never from the words of its title."""

import inspect

import pytest

from studies.evidence import ARTICLE_TYPES, MESH_DESIGNS, NOT_STATED, PUBLICATION_TYPES, assess
from studies.importing.importing import import_records
from studies.importing.record import StudyRecord
from studies.models.study import Level, Study


class TestPublicationTypes:
    @pytest.mark.parametrize(
        ("types", "level", "words"),
        [
            (["Journal Article", "Randomized Controlled Trial"], Level.TRIAL, "Randomised controlled trial"),
            (["Journal Article", "Meta-Analysis", "Systematic Review"], Level.SYNTHESIS, "Meta-analysis"),
            (["Systematic Review", "Review"], Level.SYNTHESIS, "Systematic review"),
            (["Controlled Clinical Trial"], Level.OBSERVATIONAL, "Controlled trial, not randomised"),
            (["Clinical Trial, Phase II", "Randomized Controlled Trial"], Level.TRIAL, "Randomised controlled trial"),
            (["Clinical Trial, Phase I"], Level.OBSERVATIONAL, "Clinical trial, phase I"),
            (["Case Reports", "Review"], Level.CASES, "Case report"),
            (["Journal Article", "Review"], Level.OPINION, "Review"),
            (["Practice Guideline"], Level.OPINION, "Practice guideline"),
            (["editorial", "comment"], Level.OPINION, "Editorial"),
            (["Clinical Trial Protocol", "Randomized Controlled Trial"], Level.NOT_STATED, "Trial protocol"),
            (["Published Erratum"], Level.NOT_STATED, "Correction"),
        ],
    )
    def test_give_the_level(self, types, level, words):
        found = assess(types)
        assert (found.level, found.study_type) == (level, words)
        assert found.source.startswith("PubMed publication type")

    @pytest.mark.parametrize(
        "name", ["Journal Article", "Multicenter Study", "Comparative Study", "Clinical Study", "Preprint"]
    )
    def test_that_tell_no_design_leave_it_not_stated(self, name):
        assert assess([name]) == NOT_STATED

    def test_of_veterinary_trials_are_no_evidence_about_people(self):
        assert assess(["Randomized Controlled Trial, Veterinary"]).level == Level.LABORATORY


class TestMeshHeadings:
    def test_give_a_level_where_no_publication_type_does(self):
        found = assess(["Journal Article"], ["Humans", "Cohort Studies"])
        assert found == (Level.OBSERVATIONAL, "Cohort study", "MeSH heading “Cohort Studies”")

    def test_do_not_outweigh_a_publication_type(self):
        assert assess(["Randomized Controlled Trial"], ["Humans", "Prospective Studies"]).level == Level.TRIAL

    def test_tell_the_design_of_an_observational_study(self):
        assert assess(["Observational Study"], ["Case-Control Studies"]).study_type == "Case-control study"

    def test_about_trials_make_no_trial(self):
        assert assess([], ["Humans", "Randomized Controlled Trials as Topic", "Double-Blind Method"]) == NOT_STATED

    def test_of_animals_without_people_make_it_laboratory_work(self):
        assert assess(["Journal Article"], ["Animals", "Mice"]).level == Level.LABORATORY
        assert assess(["Randomized Controlled Trial"], ["Animals", "Dogs"]).level == Level.LABORATORY
        assert assess(["Randomized Controlled Trial"], ["Animals", "Humans"]).level == Level.TRIAL
        assert assess(["Review"], ["Animals", "Mice"]).level == Level.OPINION


class TestArticleType:
    def test_gives_a_level_where_nothing_else_does(self):
        assert assess([], [], "case-report") == (Level.CASES, "Case report", "JATS article type “case-report”")
        assert assess([], [], "research-article") == NOT_STATED
        assert assess([], [], "brief-report") == NOT_STATED

    def test_comes_last(self):
        assert assess(["Systematic Review"], [], "review-article").level == Level.SYNTHESIS

    def test_of_a_protocol_outweighs_the_planned_design(self):
        assert assess(["Journal Article"], ["Prospective Studies"], "protocol").study_type == "Protocol"


def test_no_title_or_abstract_can_be_asked():
    assert set(inspect.signature(assess).parameters) == {"publication_types", "mesh", "article_type", "stated_by"}


def test_every_answer_fits_its_column():
    answers = [assess([name]) for name, _, _ in PUBLICATION_TYPES]
    answers += [assess([], [name]) for name, _ in MESH_DESIGNS] + [assess([], [], name) for name in ARTICLE_TYPES]
    for answer in answers:
        assert answer.source
        assert len(answer.study_type) <= Study._meta.get_field("study_type").max_length
        assert len(answer.source) <= Study._meta.get_field("evidence_source").max_length


@pytest.mark.django_db
class TestTheSourceNamed:
    @pytest.mark.parametrize(
        ("kinds", "named"),
        [
            (["openalex"], "OpenAlex"),
            (["pubmed"], "PubMed"),
            (["medline"], "PubMed"),
            (["openalex", "pubmed"], "PubMed"),
        ],
    )
    def test_is_the_one_that_states_the_type(self, kinds: list[str], named: str) -> None:
        for kind in kinds:
            record = StudyRecord(title="A study of something", doi="10.1000/x", publication_types=("Review",))
            import_records([record], kind)
        assert Study.objects.get().evidence_source == f"{named} publication type “Review”"
