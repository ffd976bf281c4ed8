"""Pages of mentions: where a study is mentioned, and what is mentioned and not here."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from studies.mentions import link
from studies.models import Citation, ImportRun, MentionedWork, Study
from tests.builders import make_comment, make_librarian, make_member, make_moderator, make_post, make_study

pytestmark = pytest.mark.django_db


def page(client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


def mentions_of(study) -> str:
    return f"{study.get_absolute_url()}mentions/"


class TestMentionedIn:
    def test_the_study_page_counts_the_posts_and_names_the_newest(self, client):
        study = make_study(doi="10.1234/abc")
        assert "Mentioned in" not in page(client, study.get_absolute_url())
        for number in range(5):
            make_post(title=f"Post number {number}", body="10.1234/abc")
        shown = page(client, study.get_absolute_url())
        section = shown[shown.index('id="mentions-title"') : shown.index('id="posts-title"')]
        assert "Mentioned in 5 posts" in section
        assert "Post number 4" in section
        assert "Post number 1" not in section
        assert mentions_of(study) in section

    def test_the_whole_list_shows_posts_newest_first_and_links_the_comments(self, client):
        study = make_study(doi="10.1234/abc", pmid="12")
        first = make_post(title="In its own words", body="10.1234/abc PMID 12")
        second = make_post(title="Only in an answer")
        comment = make_comment(second, body="See PMID: 12")
        make_post(title="About something else", body="10.1234/other")
        shown = page(client, mentions_of(study))
        assert shown.index("Only in an answer") < shown.index("In its own words")
        assert shown.count(f'href="{first.get_absolute_url()}"') == 1
        assert f'href="/comments/{comment.pk}/"' in shown
        assert "About something else" not in shown

    def test_the_list_is_read_page_by_page(self, client, settings):
        settings.LIST_PAGE = 2
        study = make_study(doi="10.1234/abc", pmid="12")
        for number in range(5):
            post = make_post(title=f"Post number {number}", body="10.1234/abc")
            make_comment(post, body="PMID 12")
        seen, address = [], mentions_of(study)
        while address:
            answer = client.get(address)
            rows = answer.context["page"]
            seen += [post.title for post in rows]
            address = f"{mentions_of(study)}?after={rows.next_cursor}" if rows.next_cursor else ""
        assert seen == [f"Post number {number}" for number in (4, 3, 2, 1, 0)]
        assert client.get(f"{mentions_of(study)}?after=nonsense").status_code == 404

    def test_what_is_hidden_or_deleted_is_not_there(self, client):
        study, moderator = make_study(doi="10.1234/abc"), make_moderator()
        hidden, gone, under = make_post(body="10.1234/abc"), make_post(body="10.1234/abc"), make_post(title="Stays")
        rude, kind = make_comment(under, body="10.1234/abc rude"), make_comment(under, body="10.1234/abc")
        hidden.hide(moderator, "Rude.")
        gone.delete_by_author()
        rude.hide(moderator, "Rude.")
        for reader in (None, moderator):
            if reader:
                client.force_login(reader)
            answer = client.get(mentions_of(study))
            assert [post.title for post in answer.context["page"]] == ["Stays"]
            assert f"/comments/{kind.pk}/" in answer.content.decode()
            assert f"/comments/{rude.pk}/" not in answer.content.decode()

    def test_a_wrong_address_leads_to_the_right_one(self, client):
        study = make_study("The title")
        answer = client.get(f"/studies/{study.pk}/wrong/mentions/")
        assert answer.status_code == 301
        assert answer["Location"] == mentions_of(study)


class TestWanted:
    def test_lists_what_posts_mention_and_the_library_has_not_the_most_wanted_first(self, client):
        make_study(doi="10.1234/here")
        make_post(body="10.1234/here, PMID 12")
        post = make_post(title="The newest that asks", body="10.1234/wanted")
        make_comment(make_post(), body="10.1234/wanted")
        shown = page(client, "/studies/wanted/")
        assert "10.1234/here" not in shown
        assert shown.index("doi:10.1234/wanted") < shown.index("PMID 12")
        assert "2 posts" in shown
        assert "2 members" in shown
        assert 'href="https://doi.org/10.1234/wanted"' in shown
        rows = client.get("/studies/wanted/").context["page"].rows
        assert [(row.work.value, row.work.post_count, row.members) for row in rows] == [
            ("10.1234/wanted", 2, 2),
            ("12", 1, 1),
        ]
        assert rows[0].post != post
        assert rows[0].comment_id

    def test_a_work_is_wanted_once_by_whatever_identifiers_where_a_reference_names_them_together(self, client):
        both = make_post(body="10.1234/wanted, PMID 12")
        for body in ("PMID 12", "PMID: 12 and PMC1234567", "10.1234/wanted", "10.1234/alone", "PMID 99"):
            make_post(body=body)
        assert len(client.get("/studies/wanted/").context["page"].rows) == 5
        study = make_study(doi="10.1234/here")
        Citation.objects.create(study=study, position=1, doi="10.1234/wanted", pmid="12", pmcid="PMC1234567")
        Citation.objects.create(study=study, position=2, pmid="99")
        answer = client.get("/studies/wanted/")
        rows = [(str(row.work), [str(each) for each in row.others], row.post_count) for row in answer.context["page"]]
        alone = [("PMID 99", [], 1), ("doi:10.1234/alone", [], 1)]
        assert rows == [("PMID 12", ["doi:10.1234/wanted", "PMC1234567"], 4), *alone]
        assert str(answer.context["count"]) == "3" and answer.context["page"].rows[0].members == 4
        assert 'href="https://doi.org/10.1234/wanted"' in answer.text and "4 posts" in answer.text
        client.force_login(make_librarian())
        work = MentionedWork.objects.get(value="12")
        client.post(f"/studies/wanted/{work.pk}/fetch/")
        run = ImportRun.objects.get()
        assert (run.reason, run.identifiers["doi"]) == ("Wanted by 4 posts", ["10.1234/wanted"])
        other = MentionedWork.objects.get(value="10.1234/wanted")
        assert client.post(f"/studies/wanted/{other.pk}/fetch/").status_code == 404
        both.hide(make_moderator(), "Rude.")
        rows = client.get("/studies/wanted/").context["page"].rows
        assert next((str(row.work), row.post_count) for row in rows) == ("PMID 12", 3)

    def test_the_list_asks_as_much_for_one_work_as_for_many(self, client):
        asked, study = [], make_study(doi="10.1234/here")
        for size in (1, 1, 12):  # the first also fills what is remembered of tables
            for _ in range(size):
                start = MentionedWork.objects.count()
                make_post(body=f"10.1234/wanted{start} PMID {start + 1}")
                Citation.objects.create(
                    study=study, position=start + 1, doi=f"10.1234/wanted{start}", pmid=str(start + 1)
                )
            with CaptureQueriesContext(connection) as queries:
                page(client, "/studies/wanted/")
            asked.append(len(queries))
        assert asked[1] == asked[2]

    def test_is_public_and_empty_is_said(self, client):
        assert "Nothing is wanted" in page(client, "/studies/wanted/")

    def test_what_is_hidden_or_deleted_asks_for_nothing(self, client):
        make_post(body="10.1234/a").hide(make_moderator(), "Rude.")
        make_post(body="10.1234/b").delete_by_author()
        assert "Nothing is wanted" in page(client, "/studies/wanted/")

    def test_an_identifier_is_escaped_and_bad_cursors_are_not_found(self, client):
        make_post(body="10.1234/a&b=\"c'<script>")
        assert "<script>" not in page(client, "/studies/wanted/").split("<main")[1].split("</main")[0]
        assert client.get("/studies/wanted/?after=nonsense").status_code == 404

    def test_stands_on_the_librarians_desk_with_its_count(self, client):
        make_post(body="10.1234/a, 10.1234/b")
        client.force_login(make_librarian())
        assert "Wanted studies" in page(client, "/librarians/")


def test_the_count_stops_where_counting_gets_long(client):
    study = make_study(doi="10.1234/abc")
    make_post(body="10.1234/abc")
    Study.objects.update(mention_count=1001)
    assert "Mentioned in 1000+ posts" in page(client, study.get_absolute_url())


class TestFetchingAWantedStudy:
    @pytest.fixture
    def work(self):
        make_post(body="PMID: 12")
        return MentionedWork.objects.get()

    def test_is_one_run_however_often_it_is_pressed(self, client, work):
        client.force_login(make_librarian())
        assert "Fetch" in page(client, "/studies/wanted/")
        first, again = (client.post(f"/studies/wanted/{work.pk}/fetch/") for _ in range(2))
        run = ImportRun.objects.get()
        assert first["Location"] == again["Location"] == run.get_absolute_url()
        assert run.identifiers["pmid"] == ["12"]
        assert run.reason == "Wanted by 1 post"

    def test_is_for_librarians(self, client, work):
        assert client.post(f"/studies/wanted/{work.pk}/fetch/").status_code == 302
        client.force_login(make_member())
        assert client.post(f"/studies/wanted/{work.pk}/fetch/").status_code == 403
        assert "Fetch" not in page(client, "/studies/wanted/")
        assert not ImportRun.objects.exists()

    def test_is_only_of_what_is_wanted_and_can_be_fetched(self, client, work):
        client.force_login(make_librarian())
        make_study(pmid="12")
        link(Study.objects.values_list("pk", flat=True))
        assert client.post(f"/studies/wanted/{work.pk}/fetch/").status_code == 404
        make_post(body="NCT01234567")
        trial = MentionedWork.objects.get(kind="registration")
        assert client.post(f"/studies/wanted/{trial.pk}/fetch/").status_code == 404
