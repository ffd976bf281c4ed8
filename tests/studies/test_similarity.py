import pytest

from studies.similarity import similar_studies
from tests.builders import cite, make_study

pytestmark = pytest.mark.django_db


class TestSimilarStudies:
    def test_come_with_the_reason(self):
        study = make_study(tags=["finasteride", "5-alpha reductase"])
        other = make_study(tags=["finasteride", "5-alpha reductase"])
        for number in range(4):
            cite(study, doi=f"10.9999/shared.{number}")
            cite(other, doi=f"10.9999/shared.{number}")
        (row,) = similar_studies(study).rows
        assert row.study == other
        assert row.why in (
            "shares finasteride, 5-alpha reductase; 4 common references",
            "shares 5-alpha reductase, finasteride; 4 common references",
        )

    def test_put_a_rare_shared_tag_before_a_common_one(self):
        study = make_study(tags=["acne", "clascoterone"])
        for _ in range(20):
            make_study(tags=["acne"])
        rare = make_study(tags=["clascoterone"])
        make_study(tags=["acne"])
        assert similar_studies(study).rows[0].study == rare

    def test_tell_who_cites_whom(self):
        study, cited, citing = make_study(), make_study(), make_study()
        cite(study, cited)
        cite(citing, study)
        assert {row.study: row.why for row in similar_studies(study).rows} == {
            cited: "cited by this study",
            citing: "cites this study",
        }

    def test_know_a_common_reference_by_any_of_its_names(self):
        study, by_doi, by_pmid, by_study, cited = (make_study() for _ in range(5))
        cite(study, doi="10.9999/a")
        cite(study, pmid="123")
        cite(study, cited)
        cite(by_doi, doi="10.9999/a")
        cite(by_pmid, pmid="123")
        cite(by_study, cited)
        assert {row.study for row in similar_studies(study).rows} == {by_doi, by_pmid, by_study, cited}

    def test_leave_out_what_is_retracted_and_the_study_itself(self):
        study = make_study(tags=["acne"])
        make_study(tags=["acne"], retraction="retracted")
        corrected = make_study(tags=["acne"], retraction="corrected")
        assert [row.study for row in similar_studies(study).rows] == [corrected]

    def test_show_some_and_count_all(self):
        study = make_study(tags=["acne"])
        for _ in range(7):
            make_study(tags=["acne"])
        similar = similar_studies(study, most=5)
        assert len(similar.rows) == 5
        assert str(similar.count) == "7"

    def test_are_none_where_nothing_is_shared(self):
        study = make_study()
        make_study(tags=["acne"])
        similar = similar_studies(study)
        assert not similar.rows
        assert str(similar.count) == "0"
