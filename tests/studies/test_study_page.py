import io

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone
from PIL import Image

from studies.models import Study, StudyText, Summary
from tests.builders import cite, make_comment, make_member, make_post, make_study

pytestmark = pytest.mark.django_db


def page_of(client, study: Study) -> str:
    answer = client.get(study.get_absolute_url())
    assert answer.status_code == 200
    return answer.text


class TestStudyPage:
    def test_shows_every_part(self, client):
        study = make_study(
            "Tacrolimus in lupus", tags=["tacrolimus"], authors=["Sticherling"], tldr="It helps while used.",
            published_year=2011, published_month=2, published_day=14,
        )  # fmt: skip
        study.open_discussion(make_member())
        cite(study, make_study("An earlier trial"))
        cite(study, text="A work we wait for", doi="10.9999/wanted")
        make_post(title="Ointment in a heatwave", tags=["tacrolimus"])
        make_study("A study like it", tags=["tacrolimus"])
        page = page_of(client, study)
        for words in (
            "Tacrolimus in lupus", "February 2011", "Sticherling", "It helps while used.",
            "Discuss this study in the community", "An earlier trial", "A work we wait for", "doi:10.9999/wanted", "2 / 2 results",
            "Ointment in a heatwave", "1 / 1 results", "A study like it", "shares tacrolimus", "Join the community",
        ):  # fmt: skip
            assert words in page, words

    @pytest.mark.parametrize(
        ("date", "shown", "not_shown"),
        [
            ({"published_year": 2011}, "2011", "January"),
            ({"published_year": 2011, "published_month": 2}, "February 2011", "1 February"),
            ({"published_year": 2011, "published_month": 2, "published_day": 14}, "14 February 2011", "00:00"),
        ],
    )
    def test_says_no_more_of_the_date_than_is_known(self, client, date, shown, not_shown):
        page = page_of(client, make_study(**date))
        assert shown in page
        assert not_shown not in page

    def test_says_in_plain_sight_that_a_machine_wrote_and_nobody_reviewed(self, client):
        study = make_study(tldr="It helps.")
        Summary.objects.update(writer_kind="model", writer_name="a-model-7")
        assert "not yet reviewed by a person" in page_of(client, study)
        Summary.objects.update(reviewer_name="ines", reviewed_on=timezone.localdate())
        page = page_of(client, study)
        assert "not yet reviewed by a person" not in page
        assert "Reviewed by ines" in page

    @pytest.mark.parametrize(
        ("state", "words"),
        [("retracted", "has been retracted"), ("concern", "expressed concern"), ("corrected", "has been corrected")],
    )
    def test_tells_of_a_retraction_here_and_in_every_list(self, client, state, words):
        study = make_study("Doubtful study", tags=["acne"], retraction=state)
        assert words in page_of(client, study)
        label = {"retracted": "Retracted", "concern": "Expression of concern", "corrected": "Corrected"}[state]
        for address in ("/", "/studies/", "/tags/acne/", study.journal.get_absolute_url(), "/search/?q=doubtful"):
            assert label in client.get(address).text.split("Doubtful study")[1], address

    def test_keeps_the_abstract_behind_a_fold(self, client):
        study = make_study()
        StudyText.objects.filter(study=study).update(abstract="x", abstract_html="<p>What the authors say</p>")
        assert "What the authors say" in page_of(client, study).split("<summary>Abstract</summary>")[1]

    def test_turns_a_waiting_reference_into_a_link(self, client):
        study, arrived = make_study(), make_study("It has arrived")
        cite(study, arrived, text="Doe J. It has arrived.")
        assert f'href="{arrived.get_absolute_url()}"' in page_of(client, study)

    def test_leaves_what_a_moderator_hid_out_of_the_related_posts(self, client):
        study = make_study(tags=["acne"])
        post = make_post(title="Hidden words", tags=["acne"])
        type(post).objects.update(is_hidden=True)
        assert "Hidden words" not in page_of(client, study)

    def test_counts_the_comments_of_its_discussion(self, client):
        study = make_study()
        thread = study.open_discussion(make_member())
        make_comment(thread)
        make_comment(thread)
        assert "2 comments" in page_of(client, study)

    def test_redirects_a_wrong_or_missing_slug_for_good(self, client):
        study = make_study()
        for address in (f"/studies/{study.pk}/", f"/studies/{study.pk}/another/"):
            answer = client.get(address)
            assert answer.status_code == 301
            assert answer["Location"] == study.get_absolute_url()
        for part in ("references/", "cited-by/", "posts/", "similar/"):
            answer = client.get(f"/studies/{study.pk}/another/{part}")
            assert (answer.status_code, answer["Location"]) == (301, study.get_absolute_url() + part)

    def test_escapes_what_records_bring(self, client):
        study = make_study("<script>alert(1)</script>", authors=["<img src=x onerror=alert(2)>"])
        cite(study, text='<svg onload="alert(3)">')
        page = page_of(client, study)
        for live in ("<script>alert", "<img src=x", "<svg onload"):
            assert live not in page


class TestIdentifierAddress:
    @pytest.mark.parametrize(
        "address", ["/studies/doi/10.1001/JAMA.2020.1", "/studies/doi/10.1001/jama.2020.1/", "/studies/pmid/123"]
    )
    def test_leads_to_the_study(self, client, address):
        study = make_study(doi="10.1001/jama.2020.1", pmid="123")
        assert client.get(address)["Location"] == study.get_absolute_url()

    @pytest.mark.parametrize(
        "address", ["/studies/doi/10.1001/none", "/studies/pmid/99", "/studies/pmid/abc", "/studies/doi/nonsense"]
    )
    def test_says_that_the_study_is_not_here(self, client, address):
        answer = client.get(address)
        assert answer.status_code == 404
        assert "Not in the library" in answer.text


class TestWholeLists:
    def test_show_everything_a_page_at_a_time(self, client):
        study = make_study()
        for number in range(103):
            cite(study, text=f"Reference number {number + 1}.")
        first = client.get(f"{study.get_absolute_url()}references/")
        assert "Reference number 100." in first.text
        assert "Reference number 101." not in first.text
        more = first.text.split('rel="next" href="')[1].split('"')[0]
        assert "Reference number 103." in client.get(f"{study.get_absolute_url()}references/{more}").text

    def test_name_the_studies_that_cite_it(self, client):
        study, citing = make_study(), make_study("The one that cites")
        cite(citing, study)
        assert "The one that cites" in client.get(f"{study.get_absolute_url()}cited-by/").text

    def test_show_related_posts_and_similar_studies(self, client):
        study = make_study(tags=["acne"])
        for number in range(8):
            make_post(title=f"Post number {number}", tags=["acne"])
            make_study(f"Study number {number}", tags=["acne"])
        assert client.get(f"{study.get_absolute_url()}posts/").text.count("Post number") == 8
        assert client.get(f"{study.get_absolute_url()}similar/").text.count("Study number") == 8


class TestCover:
    def test_is_the_same_at_every_visit_and_runs_nothing(self, client):
        study = make_study("<script>", sample_size=144)
        first, second = (client.get(f"/studies/{study.pk}/cover.svg") for _ in range(2))
        assert first.content == second.content
        assert first["Content-Type"] == "image/svg+xml; charset=utf-8"
        assert "144 people" in first.text
        assert "script" not in first.text


class TestPicture:
    @pytest.fixture(autouse=True)
    def _folder(self, settings, tmp_path):
        settings.MEDIA_ROOT = tmp_path

    def test_is_shown_with_its_credit_and_in_a_sandbox(self, client):
        drawn = io.BytesIO()
        Image.new("RGB", (8, 6), "teal").save(drawn, "PNG")
        study = make_study(picture_credit="Figure 2, Doe 2020, CC BY 4.0")
        study.picture.save("figure.png", ContentFile(drawn.getvalue()))
        page = page_of(client, study)
        assert f"/studies/{study.pk}/picture" in page
        assert "Figure 2, Doe 2020, CC BY 4.0" in page
        answer = client.get(f"/studies/{study.pk}/picture")
        assert answer["Content-Type"] == "image/png"
        assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert b"".join(answer.streaming_content) == drawn.getvalue()

    def test_is_no_page_where_the_file_is_no_picture(self, client):
        study = make_study()
        study.picture.save("page.html", ContentFile(b"<script>alert(1)</script>"))
        assert client.get(f"/studies/{study.pk}/picture").status_code == 404
        assert client.get(f"/studies/{make_study().pk}/picture").status_code == 404


class TestCitedResearch:
    def test_puts_what_is_in_the_library_first_and_keeps_the_numbers(self, client):
        study = make_study()
        for number in range(1, 13):
            cite(study, make_study("The one we hold") if number == 12 else None, text=f"Reference number {number}.")
        shown = page_of(client, study).split("cited-title")[2].split("</section>")[0]
        assert shown.index("The one we hold") < shown.index("Reference number 1.")
        assert '<li value="12">' in shown
        assert "Reference number 10." not in shown
        assert "10 / 12 results" in shown
        assert "All 12 references" in shown
