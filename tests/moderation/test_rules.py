"""Rules of admins: what they look for, what they do, and that none of them can hold a worker."""

from __future__ import annotations

import contextlib

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from forum.models import Comment, Post
from moderation import rules
from moderation.holding import domains_in
from moderation.languages import language_of
from moderation.models import Flag, Held, Rule, RuleFiring, Trust
from moderation.rules import Text
from tests.builders import make_category, make_comment, make_member, make_moderator, make_post, signed_in
from tests.tools.yardstick import done_within

ADDRESS = "/admin/moderation/rule/"


def rule(then: str = "hold", looks_for: str = "words", pattern: str = "cheap pills", **more) -> Rule:
    fields = {"name": f"Rule {Rule.objects.count()}", "is_on": True, "sentence": "We sell nothing here."} | more
    return Rule.objects.create(then=then, looks_for=looks_for, pattern=pattern, **fields)


@pytest.fixture
def admin() -> Client:
    return signed_in(make_member(is_staff=True, is_superuser=True))


def hits(looks_for: str, pattern: str, words: str, domains=(), links: int = 0) -> bool:
    rules.check(looks_for, pattern)
    html = "".join(f'<a href="https://{domain}/">x</a>' for domain in [*domains, *["x.org"] * links])
    return rules.matches(looks_for, pattern, Text(words, lambda: html, domains_in))


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("Buy CHEAP   Pills!", True), ("cheap\npills", True), ("ch\u200beap pills", True), ("ｃｈｅａｐ pills", True),
        ("cheap pillsbury", False), ("", False), ("\0\ud800" * 9, False),
    ],
)  # fmt: skip
def test_words_are_whole_and_found_however_they_are_spelled(words: str, found: bool) -> None:
    assert hits("words", "nothing\ncheap pills", words) is found


def test_sites_links_and_languages_are_told() -> None:
    assert hits("domains", "example.org", "", ["shop.example.org"])
    assert not hits("domains", "example.org", "", ["notexample.org"])
    assert hits("links", "2", "", links=3) and not hits("links", "2", "", links=2)
    german = "Ich habe das nicht mit meinem Arzt besprochen und es ist auch noch ein wenig zu früh für die Frage."
    assert language_of(german) == "de" and hits("languages", "en", german) and not hits("languages", "en\nde", german)
    assert language_of("Это очень длинный текст о том, что помогло мне, и о том, что не помогло.") == "ru"
    english = "I have used it for a year and it was not what they said, but the rash is gone and my doctor was happy."
    assert language_of(english) == "en"
    # What can't be told is let be.
    assert language_of("Minoxidil 5% foam, 2x/day") == "" and not hits("languages", "en", "ok")


HOSTILE = [
    (r"(x+x+)+y", "x" * 40_000), (r"(?i)(\w+\s?)+$", "word " * 8_000 + "!"), (r"((a{1,500}){1,500}){1,500}$", "a" * 40_000 + "b"),
    (r"(a|aa)+$", "a" * 40_000 + "b"), (r"(.*,){20}x", "a,a," * 10_000), (r"(?e)(hello world foo bar){e<=15}", "abc " * 10_000),
    (r"^(?=(.*))(?:\1x|.)*z", "ab" * 20_000),
]  # fmt: skip


@pytest.mark.parametrize(("pattern", "text"), HOSTILE, ids=[pattern for pattern, _ in HOSTILE])
def test_no_regular_expression_holds_a_worker(pattern: str, text: str) -> None:
    def tried() -> None:
        with contextlib.suppress(rules.TooSlow):
            rules.matches("regex", pattern, Text(text))

    done_within(20, tried)  # far from its time; without a limit these take hours


@pytest.mark.parametrize(
    ("looks_for", "pattern"),
    [
        ("regex", "("), ("regex", "a*"), ("regex", "x" * 501), ("regex", r"\8"), ("words", "\u200b"), ("words", " "),
        ("domains", "https://x.org/"), ("links", "many"), ("links", "99999"), ("languages", "klingon"),
        ("words", "\n".join(map(str, range(501)))),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_not_kept(looks_for: str, pattern: str) -> None:
    with pytest.raises(ValidationError):
        rules.check(looks_for, pattern)


@pytest.mark.django_db
class TestWhatTheyDo:
    def test_hold(self) -> None:
        by = rule("hold")
        post, other = make_post(body="Cheap pills here"), make_post(body="Nothing")
        assert post.is_waiting and not other.is_waiting
        held = Held.objects.get()
        assert held.why == ["rule"] and by.name in held.said
        fired = RuleFiring.objects.get()
        assert (fired.rule, fired.thing, fired.author) == (by, post, post.author)

    def test_refuse_with_the_sentence_and_everything_typed(self) -> None:
        rule("refuse")
        writer, shelf = make_member(), make_category("skin")
        client = signed_in(writer)
        sent = {"category": shelf.slug, "title": "Look", "body": "Cheap pills, all of them", "tags": "acne"}
        answer = client.post(reverse("forum:post_new"), sent)
        assert answer.status_code == 422 and not Post.objects.exists()
        assert "We sell nothing here." in answer.content.decode() and "all of them" in answer.content.decode()
        fired = RuleFiring.objects.get()
        assert fired.thing is None and fired.author == writer
        post = make_post()
        answer = client.post(reverse("forum:comment_new", args=[post.pk]), {"body": "cheap pills"})
        assert answer.status_code == 422 and not Comment.objects.exists()
        mine = make_comment(post, author=writer)
        answer = client.post(reverse("forum:comment_edit", args=[mine.pk]), {"body": "cheap pills", "version": 1})
        assert answer.status_code == 422 and mine.text.body == Comment.objects.get().text.body

    def test_flag_and_let_stand(self) -> None:
        rule("flag")
        comment = make_comment(body="Cheap pills")
        assert comment.is_shown and Flag.objects.get().thing == comment
        desk = signed_in(make_moderator())
        page = reverse("admin:moderation_flag_changelist")
        assert "The rule" in desk.get(page).content.decode()
        desk.post(page, {"action": "dismiss", "_selected_action": [Flag.objects.get().pk]})
        assert Flag.objects.get().dismissed_by and "The rule" not in desk.get(page).content.decode()
        assert signed_in(make_member()).get(page).status_code == 302

    def test_by_category_and_trust_and_not_on_who_serves(self) -> None:
        here, there = make_category(), make_category()
        rule("hold", shelves=[here.pk], below_level=2)
        trusted = make_member()
        Trust.objects.create(member=trusted, level=2)
        assert make_post(body="cheap pills", category=here).is_waiting
        assert not make_post(body="cheap pills", category=there).is_waiting
        assert not make_post(body="cheap pills", category=here, author=trusted).is_waiting
        assert not make_post(body="cheap pills", category=here, author=make_moderator()).is_waiting

    def test_a_rule_that_takes_too_long_is_switched_off_by_itself(self) -> None:
        slow = rule("hold", "regex", r"(x+x+)+y")
        assert not make_post(body="x" * 5_000).is_waiting
        slow.refresh_from_db()
        assert not slow.is_on and "longer" in slow.trouble

    def test_the_log_says_nothing_of_who_stands_behind_a_pseudonym(self) -> None:
        rule("flag")
        make_post(body="cheap pills", masked=True)
        assert RuleFiring.objects.get().author is None


@pytest.mark.django_db
class TestTheDesk:
    def fields(self, **more) -> dict:
        return {
            "name": "Pills",
            "looks_for": "words",
            "pattern": "cheap pills",
            "then": "hold",
            "below_level": 5,
        } | more

    def test_a_rule_is_tried_before_it_is_on(self, admin: Client) -> None:
        make_post(title="Bargain", body="Cheap pills"), make_comment(body="no pills", posted_at=timezone.now())
        added = admin.post(f"{ADDRESS}add/", self.fields())
        pills = Rule.objects.get()
        tried = reverse("admin:moderation_rule_try", args=[pills.pk])
        assert added.url == tried and not pills.is_on
        page = admin.get(tried)
        assert "<strong>1</strong> of the newest 3" in page.content.decode() and "Bargain" in page.content.decode()
        admin.post(tried, {"on": "1", "mark": "another"})
        assert not Rule.objects.get().is_on  # it was not this that was tried
        admin.post(tried, {"on": "1", "mark": page.context["mark"]})
        assert Rule.objects.get().is_on and not Held.objects.exists()
        admin.post(f"{ADDRESS}{pills.pk}/change/", self.fields(pattern="other words"))
        assert not Rule.objects.get().is_on  # changed, so tried anew
        assert "Pills" in admin.get(ADDRESS).content.decode()

    def test_what_is_too_slow_or_makes_no_sense_is_said(self, admin: Client) -> None:
        make_post(body="x" * 5_000)
        admin.post(f"{ADDRESS}add/", self.fields(looks_for="regex", pattern=r"(x+x+)+y"))
        page = admin.get(reverse("admin:moderation_rule_try", args=[Rule.objects.get().pk])).content.decode()
        assert "takes too long" in page and "Switch it on" not in page
        refused = admin.post(f"{ADDRESS}add/", self.fields(name="B", looks_for="regex", pattern="(", then="refuse"))
        assert "no regular expression" in refused.content.decode() and "what is wrong" in refused.content.decode()
        assert Rule.objects.count() == 1

    def test_is_for_admins_alone(self) -> None:
        pk = rule().pk
        for who in (signed_in(make_moderator()), signed_in(make_member()), Client()):
            for page in (
                ADDRESS,
                f"{ADDRESS}add/",
                f"{ADDRESS}{pk}/change/",
                f"{ADDRESS}{pk}/try/",
                "/admin/moderation/rulefiring/",
            ):
                assert who.get(page).status_code in (302, 403)
            assert who.post(f"{ADDRESS}{pk}/try/", {"on": "0"}).status_code in (302, 403)
        assert Rule.objects.get().is_on
