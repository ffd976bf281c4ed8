"""From a study to its discussion: what a newcomer goes through on the first evening, with JavaScript and without."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from forum.models import Comment, Post
from studies.models import Study
from tests.browser.visitor import Visitor
from tests.builders import cite, make_member, make_post, make_study, numbers

pytestmark = pytest.mark.browser

DISCUSS = "Discuss this study in the community"


@pytest.fixture
def study() -> Study:
    """The study this project was asked for."""
    return Study.objects.get(pmid="21383913")


class TestTheStudyPage:
    def test_shows_a_guest_every_part_of_the_page_everything_starts_from(self, visitor, study):
        visitor.visit(study.get_absolute_url())
        page = visitor.page
        expect(page.get_by_role("heading", level=1)).to_have_text(study.title)
        for words in ("February 2011", "Biologics: Targets & Therapy", "Michael Sticherling", "Review or opinion"):
            expect(page.locator(".study__facts").get_by_text(words, exact=True)).to_be_visible()
        cover = page.locator(".study__cover img")
        expect(cover).to_be_visible()
        assert cover.evaluate("image => image.complete && image.naturalWidth") > 0
        expect(page.get_by_role("region", name="TL;DR")).to_contain_text("144 patients")
        summary = page.get_by_role("region", name="In plain language")
        expect(summary).to_contain_text("not yet reviewed by a person")
        expect(summary).to_contain_text("Written by")
        expect(page.get_by_text("Abstract", exact=True)).to_be_visible()
        expect(page.get_by_role("link", name=DISCUSS)).to_be_visible()
        expect(page.get_by_role("region", name="Research cited in this study")).to_contain_text(
            re.compile(r"\d+ / \d+ results")
        )
        related = page.get_by_role("region", name="Related community posts")
        expect(related).to_contain_text(re.compile(r"\d+ / \d+\+? results"))
        expect(related.get_by_role("link", name="Join the community")).to_be_visible()
        expect(related.get_by_role("article").first).to_contain_text(re.compile(r"in \w+\s[\s\S]+ ago"))
        similar = page.get_by_role("region", name="Similar research")
        expect(similar).to_contain_text(re.compile(r"\d+ / \d+\+? results"))
        expect(similar.locator(".study-item__why").first).to_contain_text("shares")

    def test_opens_the_abstract_at_a_press(self, visitor, study):
        visitor.visit(study.get_absolute_url())
        abstract = visitor.page.locator(".study__abstract")
        expect(abstract.locator("p").first).to_be_hidden()
        visitor.page.get_by_text("Abstract", exact=True).click()
        expect(abstract.locator("p").first).to_be_visible()


class TestANewcomer:
    def test_comes_back_to_the_discussion_after_signing_up_comments_upvotes_and_withdraws(self, visitor):
        study = make_study("Foam against tablets", tldr="The foam did as well as the tablets.", tags=["foam"])
        post = study.open_discussion(make_member())
        theirs = post.add_comment(make_member(), "The tablets made me dizzy.")
        name = f"newcomer{next(numbers)}"

        visitor.visit(study.get_absolute_url())
        visitor.follow(DISCUSS)
        visitor.is_at(post.get_absolute_url())
        visitor.page.locator("#comments").get_by_role("link", name="Sign in", exact=True).click()
        visitor.is_at(re.compile(r"/accounts/login/\?next="))
        visitor.page.locator("main").get_by_role("link", name="Join Studyhall").click()
        visitor.signs_up(name)
        visitor.is_at(post.get_absolute_url())

        visitor.page.get_by_label("Your comment").fill("Thank you for **reading** it.")
        visitor.press("Comment")
        mine = visitor.page.locator(".comment", has_text="Thank you for reading it.")
        expect(mine.locator("strong")).to_have_text("reading")
        expect(mine.locator(".comment__author")).to_have_text(name)
        visitor.visit(post.get_absolute_url())
        expect(visitor.page.get_by_role("heading", name="2 comments")).to_be_visible()

        for thing in (f"#comment-{theirs.pk}", "#post"):
            _press_and_look_again(visitor, post, thing, pressed="true", score="1")
        assert _scores(post, theirs) == (1, 1)
        for thing in (f"#comment-{theirs.pk}", "#post"):
            _press_and_look_again(visitor, post, thing, pressed="false", score="0")
        assert _scores(post, theirs) == (0, 0)
        visitor.visit(study.get_absolute_url())
        visitor.sees("2 comments")

    def test_opens_a_discussion_that_nobody_had_opened(self, visitor):
        study = make_study("Rosemary oil once more", tldr="Nothing much happened.")
        visitor.visit(study.get_absolute_url())
        visitor.sees("Nobody has opened the discussion yet")
        visitor.follow(DISCUSS)
        visitor.page.locator("main").get_by_role("link", name="Join Studyhall").click()
        visitor.signs_up(f"opener{next(numbers)}")
        visitor.press("Open the discussion")
        visitor.sees("The community's thread about Rosemary oil once more")
        study.refresh_from_db()
        visitor.is_at(study.discussion.get_absolute_url())
        visitor.page.get_by_label("Your comment").fill("First.")
        visitor.press("Comment")
        expect(visitor.page.locator(".comment")).to_contain_text("First.")
        visitor.visit(study.get_absolute_url())
        visitor.sees("1 comment")

    def test_comes_back_also_by_the_links_of_the_header(self, visitor):
        post = make_post(title="Where was I?")
        there = f"{post.get_absolute_url()}?sort=new"
        visitor.visit(there)
        header = visitor.page.get_by_role("banner")
        header.get_by_role("link", name="Sign in").click()
        header.get_by_role("link", name="Join").click()
        visitor.signs_up(f"header{next(numbers)}")
        visitor.is_at(there)

    def test_comes_back_after_signing_in_as_after_signing_up(self, visitor):
        post = make_post(title="How long is long enough?")
        name = f"back{next(numbers)}"
        member = make_member(name, password="plover-anvil-94")
        member.emailaddress_set.create(email=member.email, verified=True, primary=True)
        visitor.visit(post.get_absolute_url())
        visitor.vote_button().click()
        visitor.page.get_by_label("Name or e-mail address").fill(name)
        visitor.page.get_by_label("Password").fill("plover-anvil-94")
        visitor.press("Sign in", visitor.page.locator("main"))
        visitor.is_at(post.get_absolute_url())
        expect(visitor.vote_button()).to_have_attribute("aria-pressed", "false")


class TestAMember:
    def test_opens_a_discussion_from_the_study_page_at_one_press(self, open_browser, javascript):
        study = make_study("A comb that shines", tldr="It shines.")
        visitor = open_browser(javascript=javascript, member=make_member())
        visitor.visit(study.get_absolute_url())
        visitor.press(f"{DISCUSS} →")
        visitor.sees("The community's thread about A comb that shines")
        assert Post.objects.filter(subject_url=study.get_absolute_url()).count() == 1

    def test_goes_from_a_study_to_what_it_cites_and_back(self, visitor):
        older, newer = make_study("The older trial"), make_study("The newer trial")
        cite(newer, older)
        visitor.visit(newer.get_absolute_url())
        visitor.follow("The older trial")
        visitor.follow("1 in the library")
        visitor.follow("The newer trial")
        visitor.is_at(newer.get_absolute_url())


def _press_and_look_again(visitor: Visitor, post: Post, thing: str, *, pressed: str, score: str) -> None:
    """Press the vote button; it must say so at once, and again after the page is asked for anew."""
    visitor.vote_button(thing).click()
    expect(visitor.vote_button(thing)).to_have_attribute("aria-pressed", pressed)
    visitor.visit(post.get_absolute_url())
    expect(visitor.vote_button(thing)).to_have_attribute("aria-pressed", pressed)
    expect(visitor.vote_button(thing)).to_contain_text(score)


def _scores(post: Post, comment: Comment) -> tuple[int, int]:
    return Post.objects.get(pk=post.pk).score, Comment.objects.get(pk=comment.pk).score
