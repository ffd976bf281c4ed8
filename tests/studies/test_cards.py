"""Study cards: what the works in a text are shown as, decided when the page is shown."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from common.markdown import render
from studies.cards import read_cards
from studies.models import Study
from tests.builders import make_comment, make_member, make_moderator, make_post, make_study

pytestmark = pytest.mark.django_db


def shown(source: str) -> str:
    html = render(source, works=True)
    return read_cards([html]).shown(html)


class TestACard:
    def test_stands_for_an_identifier_alone_in_a_paragraph(self):
        study = make_study(
            "Foam or not", doi="10.1234/abc", published_year=2011, tldr="Foam helps. A little.", retraction="retracted"
        )
        for source in (
            "10.1234/ABC",
            "doi:10.1234/abc.",
            "https://doi.org/10.1234/abc",
            "<https://dx.doi.org/10.1234/abc>",
        ):
            html = shown(f"Read this:\n\n{source}\n\nand tell.")
            assert (
                f'<article class="study-card">\n  <p class="study-card__title"><a href="{study.get_absolute_url()}">Foam or not</a>'
                in html
            )
            assert study.journal.title in html
            assert "2011" in html
            assert "Retracted" in html
            assert "Foam helps." in html
            assert "A little" not in html

    def test_in_a_sentence_is_the_short_title(self):
        study = make_study(
            "What minoxidil foam does to people who have used it for longer than eight years", doi="10.1234/abc"
        )
        html = shown("As in 10.1234/abc, it helps.")
        assert f'href="{study.get_absolute_url()}" title="What minoxidil foam' in html
        assert ">What minoxidil foam does to people who have used it for…, 2020</a>, it helps." in html

    def test_keeps_the_words_an_author_gave_the_link(self):
        study = make_study("Foam", pmid="12", retraction="retracted")
        html = shown("[the **best** trial](https://pubmed.ncbi.nlm.nih.gov/12/)")
        assert f'href="{study.get_absolute_url()}" title="Foam">the <strong>best</strong> trial</a>' in html
        assert "Retracted" in html
        assert "study-card" not in html

    def test_is_drawn_for_each_of_several_in_one_paragraph_and_once_for_one_study(self):
        make_study("One", doi="10.1234/a", pmid="12")
        make_study("Two", doi="10.1234/b")
        assert shown("10.1234/a\n10.1234/b, PMID: 12").count("<article") == 2

    def test_leaves_a_paragraph_alone_that_names_one_we_do_not_have(self):
        make_study("One", doi="10.1234/a")
        html = shown("10.1234/a, 10.1234/unknown")
        assert "<article" not in html
        assert 'href="https://doi.org/10.1234/unknown"' in html

    def test_escapes_what_the_study_says(self):
        make_study('<script>alert("x")</script> & more', doi="10.1234/abc", tldr="<b>Bold</b>")
        html = shown("10.1234/abc\n\nsee 10.1234/abc")
        assert "<script" not in html
        assert "<b>" not in html
        assert html.count("&lt;script&gt;") >= 2

    def test_is_found_by_trial_number_and_by_the_identifier_of_a_study_merged_into_it(self):
        study = make_study("Kept", doi="10.1234/kept", registration="NCT01234567")
        study.other_identifiers.create(name="doi", value="10.1234/gone")
        assert shown("NCT01234567").count("<article") == 1
        assert shown("10.1234/gone").count("<article") == 1

    def test_says_so_where_its_tldr_is_a_machines_and_unreviewed(self):
        study = make_study("Foam", doi="10.1234/abc", tldr="Foam helps.")
        study.summary.writer_kind = "model"
        study.summary.save()
        assert "not reviewed" in shown("10.1234/abc")

    def test_looks_up_a_bounded_number_of_works(self):
        make_study("The last", doi="10.1234/last")
        texts = [
            render("\n".join(f"10.1234/n{page}x{number}" for number in range(150)), works=True) for page in range(3)
        ]
        assert read_cards([*texts, render("10.1234/last", works=True)]).studies == {}


class TestOnPages:
    def test_turns_into_a_card_when_the_study_arrives_without_rendering_anew(self, client):
        post = make_post(body="10.1234/abc")
        stored = post.text.body_html
        assert 'href="https://doi.org/10.1234/abc"' in client.get(post.get_absolute_url()).content.decode()
        make_study("It is here", doi="10.1234/abc")
        assert '<article class="study-card">' in client.get(post.get_absolute_url()).content.decode()
        post.text.refresh_from_db()
        assert post.text.body_html == stored

    def test_costs_one_query_for_all_texts_of_a_page(self, client):
        post = make_post(body="10.1234/a")
        for letter in "abcd":
            make_study(letter, doi=f"10.1234/{letter}")
            make_comment(post, body=f"See 10.1234/{letter}.")
        with CaptureQueriesContext(connection) as queries:
            page = client.get(post.get_absolute_url()).content.decode()
        assert page.count("study-chip") == 4
        assert len([query for query in queries if "unnest" in query["sql"] and "studies_study" in query["sql"]]) == 1

    def test_is_the_same_for_every_guest_and_for_members(self, client):
        make_study("It is here", doi="10.1234/abc")
        post = make_post(body="10.1234/abc")
        guest = client.get(post.get_absolute_url()).content.decode()
        client.force_login(make_member())
        member = client.get(post.get_absolute_url()).content.decode()
        for page in (guest, member):
            assert page.count('<article class="study-card">') == 1

    def test_shows_in_comments_replies_profiles_and_the_preview(self, client):
        make_study("It is here", doi="10.1234/abc")
        member = make_member()
        comment = make_comment(author=member, body="See 10.1234/abc")
        client.force_login(member)
        for address in (
            comment.post.get_absolute_url(),
            f"{member.get_absolute_url()}?show=comments",
            f"/comments/{comment.pk}/reply/",
        ):
            assert "study-chip" in client.get(address).content.decode(), address
        assert "study-card" in client.post("/community/preview/", {"body": "10.1234/abc"}).content.decode()
        answer = client.post(
            f"/posts/{comment.post_id}/comment/", {"body": "10.1234/abc"}, headers={"hx-request": "true"}
        )
        assert "study-card" in answer.content.decode()

    def test_a_post_that_mentions_a_retracted_study_says_so_as_long_as_it_is_retracted(self, client):
        study = make_study("Bad one", doi="10.1234/abc", retraction="retracted")
        post = make_post()
        make_comment(post, body="See 10.1234/abc")
        assert "Mentions 1 retracted study" in client.get(post.get_absolute_url()).content.decode()
        Study.objects.filter(pk=study.pk).update(retraction="")
        assert "retracted study" not in client.get(post.get_absolute_url()).content.decode()

    def test_what_a_guest_may_not_read_tells_nothing(self, client):
        make_study("Bad one", doi="10.1234/abc", retraction="retracted")
        post = make_post()
        hidden = make_comment(post, body="See 10.1234/abc")
        make_comment(post, parent=hidden, body="Well.")  # so that the place of the hidden one stays
        hidden.hide(make_moderator(), "Rude.")
        assert "retracted study" not in client.get(post.get_absolute_url()).content.decode()
