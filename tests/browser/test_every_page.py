"""Each kind of page, in light and dark, wide and on a phone: open to everyone, never wider than the screen.

That no page asks another site for anything, logs an error or breaks the content security policy is checked of every
browser test (``conftest.open_browser``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from allauth.socialaccount.models import SocialAccount
from django.utils import timezone
from playwright.sync_api import Browser, expect

from accounts.models import Flair, Member
from forum import polls, saving, solving
from forum.history import revisions_of
from forum.models import Comment, Draft, Post, ReactionKind
from forum.moderating import branches
from moderation import appeals, badges, reporting, sanctions
from notices.following import follow
from notices.muting import mute
from notices.telling import tell
from notices.unsubscribing import token_for
from studies import keeping
from studies.models import Author, ImportLine, ImportRun, MergeProposal, ReadingList, Study, SummaryProposal
from tests.browser.conftest import new_context
from tests.browser.soundness import CORNERS, LOOKS, assert_sound
from tests.browser.visitor import PASSWORD, Visitor
from tests.builders import (
    make_comment,
    make_librarian,
    make_member,
    make_moderator,
    make_picture,
    make_post,
    make_study,
    numbers,
)

pytestmark = pytest.mark.browser


def study() -> Study:
    return Study.objects.get(pmid="21383913")


def of_study(path: str = "") -> Callable[[], str]:
    return lambda: study().get_absolute_url() + path


def cited() -> Study:
    return Study.objects.order_by("-cited_by_count")[0]


def retracted() -> Study:
    return make_study(
        "Regrown in a week", tldr="It did not.", retraction="retracted", retraction_notice="10.9999/sorry"
    )


def deep() -> Comment:
    """The last of a row of answers, deeper than a phone has room to indent."""
    comment = make_comment(body="See https://example.org/" + "a-very-long-address-" * 8)
    for _ in range(19):
        comment = make_comment(comment.post, parent=comment, body="I don't think so.\n\n> quoted")
    wide = "| " + " | ".join(f"column {n}" for n in range(9)) + " |\n|" + "---|" * 9 + "\n|" + " 1 |" * 9
    make_comment(comment.post, parent=comment, body=wide)
    return comment


def rich() -> Post:
    """A post with everything Markdown can bring, and words that don't break."""
    return make_post(
        title="W" * 120,
        body="# One\n\n## Two\n\n`code` and **bold**\n\n```python\nprint('x' * 80, 'a line that is far longer than a phone is wide')\n```\n\n"
        "| " + " | ".join(f"column {n}" for n in range(9)) + " |\n|" + "---|" * 9 + "\n| " + " | ".join("1" * 9) + " |\n\n"
        "- [x] done\n- [ ] not done\n\nA claim.[^1]\n\n[^1]: And its source.\n\n" + "unbreakable" * 20,
        tags=["minoxidil", "a tag of several words that goes on", "unbreakable" * 6],
    )  # fmt: skip


def locked() -> Post:
    return Post.objects.filter(is_locked=True)[0]


def path(address: str) -> Callable[[], str]:
    return lambda: address


FOR_EVERYONE: dict[str, Callable[[], str]] = {
    "home": path("/"),
    "about": path("/about/"),
    "the library": path("/studies/"),
    "the library, narrowed": path("/studies/?tag=minoxidil&q=hair&sort=cited"),
    "the library without a result": path("/studies/?q=zzzqqq&year=1903"),
    "the library, discussed": path("/studies/?sort=discussed"),
    "a study with a discussion": lambda: Study.objects.exclude(discussion=None)[0].get_absolute_url(),
    "a study without a discussion": lambda: make_study("Not a word about it").get_absolute_url(),
    "a retracted study": lambda: retracted().get_absolute_url(),
    "what a study cites": lambda: Study.objects.order_by("-reference_count")[0].get_absolute_url() + "references/",
    "what cites a study": lambda: cited().get_absolute_url() + "cited-by/",
    "posts about a study": of_study("posts/"),
    "research like a study": of_study("similar/"),
    "a post with study cards": lambda: make_post(
        body=f"{study().mention}\n\nAs in {study().mention}."
    ).get_absolute_url(),
    "wanted studies": path("/studies/wanted/"),
    "a study that is not here": path("/studies/doi/10.1000/nothing-here"),
    "a journal": lambda: study().journal.get_absolute_url(),
    "an author": lambda: Author.objects.filter(authorships__study=study())[0].get_absolute_url(),
    **{
        f"the community, {sort}": path(f"/community/?sort={sort}")
        for sort in ("hot", "new", "top", "active", "unanswered")
    },
    "a category": path("/community/c/meta/"),
    "a deep thread": lambda: deep().post.get_absolute_url(),
    "a comment in its place": lambda: deep().get_absolute_url(),
    "a post with all of Markdown": lambda: rich().get_absolute_url(),
    "a locked thread": lambda: locked().get_absolute_url(),
    "tags": path("/tags/"),
    "a tag": path("/tags/minoxidil/"),
    "two tags": path("/tags/minoxidil,finasteride/?show=posts"),
    "search with results": path("/search/?q=minoxidil"),
    "search without a result": path("/search/?q=zzzqqq"),
    "search before anything is typed": path("/search/"),
    "a profile": path("/members/maren_k/"),
    "a profile's comments": path("/members/maren_k/?show=comments"),
    "signing in": path("/accounts/login/?next=/studies/"),
    "joining": path("/accounts/signup/"),
    "a forgotten password": path("/accounts/password/reset/"),
    "the demo's mail": path("/demo/mail/"),
    "a page that is not there": path("/nowhere/"),
}

FOR_A_MEMBER: dict[str, Callable[[Member], str]] = {
    "home": lambda member: "/",
    "a study": lambda member: study().get_absolute_url(),
    "opening a discussion": lambda member: make_study("Still silent").get_absolute_url() + "discuss/",
    "a deep thread": lambda member: deep().post.get_absolute_url(),
    "a post of their own": lambda member: make_comment(make_post(author=member), author=member).post.get_absolute_url(),
    "the composer": lambda member: "/community/new/",
    "their posts without a name": lambda member: make_post(author=member, masked=True) and "/community/without-a-name/",
    "editing a post": lambda member: f"/posts/{make_post(author=member).pk}/edit/",
    "deleting a post": lambda member: f"/posts/{make_post(author=member).pk}/delete/",
    "a reply": lambda member: f"/comments/{deep().pk}/reply/",
    "editing a comment": lambda member: f"/comments/{make_comment(author=member).pk}/edit/",
    "deleting a comment": lambda member: f"/comments/{make_comment(author=member).pk}/delete/",
    "what is not theirs to edit": lambda member: f"/posts/{make_post().pk}/edit/",
    "an empty profile": lambda member: member.get_absolute_url(),
    "settings": lambda member: "/settings/",
    "e-mail addresses": lambda member: "/accounts/email/",
    "a new password": lambda member: "/accounts/password/change/",
    "two-factor sign-in": lambda member: "/accounts/2fa/",
    "proving who they are": lambda member: "/accounts/2fa/totp/activate/",
    "signing out": lambda member: "/accounts/logout/",
}


def compared() -> str:
    one, other = make_study("Foam against nothing"), make_study("Foam against nothing at all")
    MergeProposal.objects.create(study=one, other=other, why="their titles are alike", score=95)
    return f"/librarians/merges/{one.pk}/{other.pk}/"


def run() -> str:
    imported = ImportRun.objects.create(
        kind="file", state="done", title="a-file-with-a-very-long-name" * 4 + ".ris", report={"new": 1}
    )
    ImportLine.objects.create(run=imported, kind="new", words="Foam against nothing", study=study())
    return imported.get_absolute_url()


def proposed() -> str:
    SummaryProposal.send(study(), make_member(), tldr="It helps 7 in 10.", body="In plain words.")
    return f"/librarians/summaries/{SummaryProposal.objects.latest('pk').pk}/"


def kept(member: Member) -> ReadingList:
    """The list of a member who also saved, follows and was told of a study."""
    keeping.write_note(member, study(), "Ask about page 4")
    follow(member, study())
    tell([member], kind="standing", key=member.username, words="A study was retracted", url="/studies/")
    reading = ReadingList.start(member, title="Before the appointment", description="*Read* first", is_public=True)
    reading.add(study(), note="The one that started it")
    reading.add(make_study("The other one"))
    return reading


# Pages made of the same parts as those above: each is looked at in one corner, in turn.
OF_THE_LIBRARY_FOR_A_GUEST: dict[str, Callable[[], str]] = {
    "citing a study": of_study("cite/"),
    "the history of a study": of_study("history/"),
    "the sources of a study": of_study("sources/"),
    "posts that mention a study": of_study("mentions/"),
    "the versions of a summary": of_study("summary/history/"),
    "a version beside the one before": of_study("summary/history/2/"),
    "open data": path("/open-data/"),
    "the moderation log": path("/moderation/log/"),
    "a public list": lambda: kept(make_member()).get_absolute_url(),
}
OF_THE_LIBRARY_FOR_A_MEMBER: dict[str, Callable[[Member], str]] = {
    "a list of their own": lambda member: kept(member).get_absolute_url(),
    "saved studies": lambda member: "/saved/",
    "following": lambda member: "/following/",
    "notifications": lambda member: "/notifications/",
    "a note": lambda member: f"{study().get_absolute_url()}keep/",
    "what they are told": lambda member: "/settings/notices/",
    "private feeds": lambda member: "/settings/feeds/",
    "asking for a study": lambda member: "/studies/suggest/",
    "correcting a field": lambda member: f"{study().get_absolute_url()}correct/?field=volume",
    "reporting an error": lambda member: f"{study().get_absolute_url()}report/",
    "reporting a post": lambda member: f"/report/post/{make_post().pk}/",
    "proposing a summary": lambda member: f"{study().get_absolute_url()}summary/propose/",
}
# The same member has written, saved, muted and earned: one world for all of these.
OF_A_MEMBERS_OWN: dict[str, str] = {
    "their profile": "/members/{name}/",
    "their answers": "/members/{name}/?show=answered",
    "their reputation": "/members/{name}/reputation/",
    "badges": "/badges/",
    "trust": "/about/trust/",
    "limits": "/about/limits/",
    "appearance": "/settings/appearance/",
    "privacy": "/settings/privacy/",
    "their picture": "/settings/avatar/",
    "their data": "/settings/data/",
    "leaving": "/settings/leave/",
    "where they are signed in": "/settings/sessions/",
    "pictures": "/pictures/",
    "drafts": "/drafts/",
    "saved posts": "/saved/?type=post",
    "saved comments": "/saved/?type=comment",
    "muted": "/following/muted/",
    "a post that their lists leave out": "{post}",
    "the poll of a post that was merged": "/posts/{poll}/poll/",
    "operators of search": "/search/?q=type:post+is:answered+hair",
    "a post with a poll": "{polled}",
    "who voted": "{voters}",
    "telling a side effect": "{reacting}",
    "what an edit changed": "{edited}history/",
    "taking a version out": "{edited}history/{revision}/remove/",
    "a picture": "{picture}",
    "sending a picture": "/pictures/new/",
    "taking a picture away": "{picture}remove/",
    "a note on a post": "{post_short}keep/",
    "their standing": "/settings/standing/",
    "ending a kind of mail": "{unsubscribe}",
}


def owner_of_much(member: Member) -> dict[str, str]:
    """Addresses of the member's own pages, with something on each."""
    mine, other = make_post(author=member, title="What I tried"), make_post(tags=["loud"])
    picture = make_picture(member)
    make_comment(mine, author=member, body=picture.markdown())
    answer = make_comment(other, author=member, body="Ask for the smaller dose.")
    solving.mark(answer, other.author)
    mine.upvote(make_member())
    Flair.objects.create(member=member, words="Dermatologist", proof="Saw the licence")
    SocialAccount.objects.create(user=member, provider="orcid", uid="0000-0002-1825-0097")
    for thing in (other, answer):
        saving.save(member, thing)
    Draft.objects.create(
        member=member, kind="post_new", fields={"title": "Half", "body": "x"}, updated_at=timezone.now()
    )
    for kind, thing in (("tag", other.tags.get()), ("member", make_member()), ("post", other)):
        mute(member, kind, thing.pk)
    badges.award_all()
    polls.set_terms(mine, polls.Terms(("It helped", "It did not"), question="After a month?", is_open=True))
    polls.vote(mine.poll, make_member(), [mine.poll.options.all()[0].pk])
    side_effect, _ = ReactionKind.objects.get_or_create(name="Side effect", defaults={"asks_for_comment": True})
    side_effect.categories.add(other.category)
    mine.edit(category=mine.category, title=mine.title, body="Put otherwise.", version=mine.version, reason="Clearer")
    asked = make_post(author=member, title="Which of them?")
    polls.set_terms(asked, polls.Terms(("Foam", "Solution"), question="Which did you take?"))
    branches.merge(asked, make_moderator(), "One talk", into=mine)
    places = {
        "poll": asked.pk,
        "name": member.username,
        "post": other.get_absolute_url(),
        "post_short": f"/posts/{other.pk}/",
        "polled": mine.get_absolute_url(),
        "voters": f"/posts/{mine.pk}/poll/{mine.poll.options.all()[0].pk}/voters/",
        "reacting": f"/posts/{other.pk}/react/{side_effect.pk}/",
        "edited": f"/posts/{mine.pk}/",
        "revision": revisions_of("post", mine).latest("pk").pk,
        "picture": f"/pictures/{picture.name}/",
        "unsubscribe": f"/unsubscribe/{token_for(member, 'reply')}/",
    }
    return {name: address.format(**places) for name, address in OF_A_MEMBERS_OWN.items()}


# What a moderator meets: the queue and its cases, what is done to a thing and a member, and the lists of the desk.
AT_THE_DESK = (
    "/admin/", "/admin/moderation/case/", "/admin/moderation/case/{case}/change/", "/admin/moderation/appeal/",
    "/admin/moderation/appeal/{appeal}/change/", "/admin/moderation/action/", "/admin/moderation/reasontemplate/",
    "/admin/accounts/member/", "/admin/accounts/member/{member}/change/", "/admin/accounts/flair/add/",
    "/admin/forum/post/", "/admin/forum/comment/", "/admin/forum/picture/", 
    "/moderation/post/{post}/", "/moderation/comment/{comment}/", "/moderation/member/{member}/",
    "/members/{member}/everything/", "/members/{name}/", "/members/{name}/trust/", "/posts/{masked}/unmask/",
)  # fmt: skip


def desk_of(moderator: Member) -> dict[str, str]:
    """Addresses of the moderator's pages, with something that waits on each."""
    post = make_post(title="Buy my serum")
    comment = make_comment(post, body="It is on my page.")
    sanction = sanctions.give(post.author, moderator, ["write"], "Advertising", days=7)
    assert sanction is not None
    appeal = appeals.write(sanction, "They are my own.").appeal
    reported = reporting.report(post, "post", make_member(), "spam", "The third time today")
    places = {
        "case": reported.case_id,
        "appeal": appeal.pk,
        "member": post.author_id,
        "name": post.author.username,
        "post": post.pk,
        "comment": comment.pk,
        "masked": make_post(masked=True).pk,
    }
    return {address: address.format(**places) for address in AT_THE_DESK}


FOR_A_LIBRARIAN: dict[str, Callable[[], str]] = {
    "the desk": path("/librarians/"),
    "two studies side by side": compared,
    "studies that may be one": path("/librarians/merges/"),
    "bringing studies in": path("/librarians/import/"),
    "an import": run,
    "standing": path("/librarians/standing/"),
    "errors": path("/librarians/errors/"),
    "studies asked for": path("/librarians/suggestions/"),
    "corrections": path("/librarians/corrections/"),
    "a proposed summary": proposed,
    "summaries to review": path("/librarians/summaries/to-review/"),
    "a study": of_study(),
    "editing a summary": of_study("summary/edit/"),
    "setting by hand": of_study("by-hand/"),
}


@pytest.fixture
def member() -> Member:
    name = f"a_name_as_long_as_{next(numbers)}"
    member = make_member(name, password=PASSWORD)
    member.emailaddress_set.create(email=member.email, verified=True, primary=True)
    return member


@pytest.fixture(scope="module")
def window(browser: Browser, address: str) -> Iterator[Visitor]:
    """One browser for all pages below, which asks for the style sheets once."""
    visitor = Visitor(new_context(browser, address), address)
    yield visitor
    visitor.context.close()


@pytest.fixture
def visitor(window: Visitor) -> Iterator[Visitor]:
    """Somebody who comes to that browser after another has gone, with all that they left there."""
    yield window
    window.page.evaluate("localStorage.clear()")
    window.context.clear_cookies()
    problems, window.problems = window.problems, []
    assert problems == []


@pytest.mark.parametrize("name", FOR_EVERYONE)
def test_every_page_is_sound_for_a_guest(visitor, name):
    visitor.visit(FOR_EVERYONE[name]())
    assert_sound(visitor)


@pytest.mark.parametrize("name", FOR_A_MEMBER)
def test_every_page_is_sound_for_a_member(visitor, member, name):
    visitor.is_signed_in_as(member)
    visitor.visit(FOR_A_MEMBER[name](member))
    assert_sound(visitor)


def assert_sound_in_turn(visitor: Visitor, pages: dict[str, str]) -> None:
    """Look at all pages in one browser, which asks for the style sheets once, and each in one corner."""
    faults = []
    for number, (name, address) in enumerate(pages.items()):
        answer = visitor.visit(address)
        try:
            assert answer.status == 200, answer.status
            assert_sound(visitor, (LOOKS[number % len(LOOKS)],))
        except AssertionError as error:
            faults.append(f"{name}: {error}")
    assert not faults, "\n".join(faults)


def test_every_page_of_the_library_is_sound_for_a_guest(open_browser):
    assert_sound_in_turn(open_browser(), {name: page() for name, page in OF_THE_LIBRARY_FOR_A_GUEST.items()})


def test_every_page_of_the_library_is_sound_for_a_member(open_browser, member):
    pages = {name: page(member) for name, page in OF_THE_LIBRARY_FOR_A_MEMBER.items()}
    assert_sound_in_turn(open_browser(member=member), pages)


def test_every_page_of_a_members_own_is_sound(open_browser, member):
    pages = owner_of_much(member)
    assert_sound_in_turn(open_browser(member=member), pages)


def test_every_page_of_the_desk_is_sound_for_a_moderator(open_browser):
    moderator = make_moderator()
    assert_sound_in_turn(open_browser(member=moderator), desk_of(moderator))


def test_every_page_of_the_desk_is_sound_for_an_admin(open_browser):
    admin = Member.objects.create_superuser(f"admin_{next(numbers)}", f"admin{next(numbers)}@example.org")
    ReactionKind.objects.get_or_create(name="Side effect")
    tables = (
        "forum/category/",
        "forum/category/add/",
        "forum/reactionkind/add/",
        "mfa/authenticator/",
        "moderation/rule/",
    )
    assert_sound_in_turn(open_browser(member=admin), {table: f"/admin/{table}" for table in tables})


def test_every_page_of_the_desk_is_sound_for_a_librarian(open_browser):
    pages = {name: page() for name, page in FOR_A_LIBRARIAN.items()}
    assert_sound_in_turn(open_browser(member=make_librarian()), pages)


@pytest.mark.parametrize(
    "name", ["home", "a study with a discussion", "a post with all of Markdown", "a locked thread"]
)
def test_colours_hold_in_every_corner_of_width_and_scheme(visitor, name):
    visitor.visit(FOR_EVERYONE[name]())
    assert_sound(visitor, CORNERS)


class TestWhatOpensOnAPage:
    @pytest.fixture
    def visitor(self, open_browser, member) -> Visitor:
        return open_browser(member=member)

    def test_is_sound_where_a_form_to_reply_and_a_notice_appeared(self, visitor):
        comment = make_comment()
        visitor.visit(comment.post.get_absolute_url())
        visitor.follow("Reply")
        visitor.page.get_by_role("button", name="Reply").wait_for()
        visitor.page.route("**/upvote/", lambda route: route.abort())
        visitor.vote_button().click()
        expect(visitor.page.get_by_role("alert")).not_to_be_empty()
        visitor.problems.clear()
        assert_sound(visitor)

    def test_is_sound_where_a_form_came_back(self, visitor):
        visitor.visit("/community/new/")
        visitor.page.get_by_label("Text").fill("# A preview\n\nof it")
        visitor.press("Preview")
        visitor.page.locator("#preview h3").wait_for()
        assert_sound(visitor)
        visitor.page.locator("form.composer").evaluate("form => form.noValidate = true")
        visitor.press("Post")
        visitor.page.locator(".field__error").first.wait_for()
        assert_sound(visitor)

    def test_is_sound_where_two_edits_met(self, visitor, member):
        post = make_post(author=member, body="As it was.")
        visitor.visit(f"/posts/{post.pk}/edit/")
        post.edit(category=post.category, title=post.title, body="Meanwhile.", version=1)
        visitor.press("Save")
        visitor.page.locator("pre.composer__preview").wait_for()
        assert_sound(visitor)

    def test_is_sound_for_a_moderator_who_sees_what_is_hidden(self, open_browser):
        moderator = make_moderator()
        comment = make_comment()
        comment.hide(moderator, "Rude")
        comment.post.hide(moderator, "All of it")
        visitor = open_browser(member=moderator)
        visitor.visit(comment.post.get_absolute_url())
        expect(visitor.page.locator(".badge--danger")).to_have_count(2)
        assert_sound(visitor)

    def test_is_sound_where_the_menu_and_the_folds_of_a_study_are_open(self, open_browser):
        visitor = open_browser(member=make_librarian())
        visitor.visit(study().get_absolute_url())
        visitor.page.locator("main summary", has_text="Cite this study").click()
        visitor.page.locator(".cite__text").wait_for()
        visitor.page.locator("main summary", has_text="Abstract").click()
        visitor.page.get_by_text("Menu", exact=True).click()
        assert_sound(visitor, LOOKS[1:])


class TestTheWayIn:
    """Pages that can be reached only in the middle of something."""

    def test_is_sound_where_a_code_is_asked_for(self, open_browser):
        visitor = open_browser()
        visitor.visit("/accounts/signup/")
        visitor.press("Join", visitor.page.locator("main"))  # nothing is filled in
        name = f"comer{next(numbers)}"
        visitor.page.get_by_label("E-mail address").fill(f"{name}@example.org")
        visitor.page.get_by_label("Name", exact=True).fill("x")
        visitor.page.get_by_label("Password").fill("12345678")
        visitor.press("Join", visitor.page.locator("main"))
        visitor.page.locator(".field__error").first.wait_for()
        assert_sound(visitor)
        visitor.page.get_by_label("Name", exact=True).fill(name)
        visitor.page.get_by_label("Password").fill(PASSWORD)
        visitor.press("Join", visitor.page.locator("main"))
        visitor.page.get_by_label("Code").wait_for()
        assert_sound(visitor)

    def test_is_sound_where_a_password_is_chosen_anew(self, open_browser, member):
        visitor = open_browser()
        visitor.visit("/accounts/password/reset/")
        visitor.page.get_by_label("E-mail address").fill(member.email)
        visitor.press("Send the code")
        visitor.page.get_by_label("Code").wait_for()
        assert_sound(visitor)
        visitor.page.get_by_label("Code").fill(visitor.code_mailed_to(member.email))
        assert_sound(visitor)
        visitor.press("Confirm")
        visitor.page.get_by_role("heading", name="Choose a new password").wait_for()
        assert_sound(visitor)

    def test_is_sound_where_an_authenticator_app_is_turned_on(self, open_browser, member):
        visitor = open_browser(member=member)
        visitor.visit("/accounts/2fa/totp/activate/")
        visitor.page.get_by_label("Password").fill(PASSWORD)
        visitor.press("Go on")
        visitor.page.get_by_label("Secret").wait_for()
        assert_sound(visitor)
