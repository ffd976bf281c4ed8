"""What the nightly job finds: texts that are alike, and votes for each other. Flagged once, and nobody is punished."""

from __future__ import annotations

import math
import random

import pytest
from django.test import Client
from django.urls import reverse

from forum import flagging
from moderation import lens, likeness, rings
from moderation.models import Flag, Held
from tests.builders import make_category, make_comment, make_member, make_moderator, make_post

STORY = (
    "I started with the foam in March and shed for six weeks before anything grew back on the crown. My doctor said to keep"
    " on until autumn, and by September the photographs showed a clear difference that my barber saw as well."
)


def test_the_same_words_are_found_however_they_are_set() -> None:
    texts = [("a", STORY), ("b", STORY.upper().replace(" ", "  ").replace(".", "!")), ("c", "Something else. " * 9)]
    assert likeness.find(texts) == [likeness.Alike("b", "a", 1.0)]


def test_nearly_the_same_is_found_and_others_are_not() -> None:
    near = STORY.replace("my barber saw as well", "my barber saw too")
    found = likeness.find([("a", STORY), ("b", near), ("c", " ".join(sorted(STORY.split())))])
    assert [(each.later, each.earlier) for each in found] == [("b", "a")] and 0.75 <= found[0].share < 1
    # A quote is no copy, and short words are alike by chance.
    assert not likeness.find([("a", STORY), ("b", f"> {STORY}\n\nThat was the same for me.")])
    assert not likeness.find([("a", "Thank you, this helped."), ("b", "Thank you, this helped.")])


def test_many_alike_are_compared_with_a_few_only() -> None:
    texts = [(str(n), f"{STORY} number {n} of them") for n in range(300)]
    assert len(likeness.find(texts)) == 299


def chance_votes(members: int, votes: int, seed: int) -> list[tuple[int, int, int, int]]:
    """Votes by chance, with authors as unequally liked as they are anywhere."""
    chance = random.Random(seed)
    liked = [1 / (n + 1) for n in range(members)]
    authors = chance.choices(range(members), liked, k=votes)
    return [(chance.randrange(members), author, author % 3, 1) for author in authors]


@pytest.mark.parametrize("seed", range(5))
def test_votes_by_chance_make_no_ring(seed: int) -> None:
    assert rings.find(chance_votes(60, 6_000, seed)) == []


def test_a_ring_among_many_votes_is_found() -> None:
    planted = [(58, 59, 0, 12), (59, 58, 1, 11)]
    (found,) = rings.find(chance_votes(60, 6_000, 1) + planted)
    assert (found.one, found.other) == (58, 59) and found.chance < rings.FALSE and found.given[0] >= 12
    # One who admires another is no ring.
    assert rings.find([*chance_votes(60, 6_000, 1), (58, 59, 0, 40)]) == []


def test_the_tail_is_that_of_poisson() -> None:
    mean, count = 2.5, 4
    exact = 1 - sum(math.exp(-mean) * mean**k / math.factorial(k) for k in range(count))
    assert math.isclose(math.exp(rings.log_tail(count, mean)), exact, rel_tol=1e-9)
    assert rings.log_tail(0, 1) == 0 and rings.log_tail(3, 0) == -math.inf


@pytest.mark.django_db
class TestAtNight:
    def test_copies_in_sight_are_flagged_once_and_dismissed_for_good(self) -> None:
        first = make_post(body=STORY)
        copy, near = make_comment(body=STORY), make_comment(body=STORY + " So I am glad.")
        make_comment(body=STORY).hide(make_moderator(), "Rude")
        assert flagging.flag_copies() == 2 and flagging.flag_copies() == 0
        found = {flag.kind: (flag.thing, flag.other) for flag in Flag.objects.all()}
        assert found == {"copy": (copy, first), "near": (near, first)}
        assert copy.is_shown and near.is_shown
        Flag.objects.update(dismissed_at="2026-01-01T00:00Z")
        assert flagging.flag_copies() == 0

    def test_who_votes_for_each_other_is_flagged_with_the_evidence(self) -> None:
        one, other, shelf = make_member("oneofthem"), make_member("otherofthem"), make_category()
        crowd = [make_member() for _ in range(8)]
        for author, voter in [(one, other), (other, one)] * 9:
            make_post(author=author, category=shelf).upvote(voter)
        for number, author in enumerate(crowd * 12):
            make_post(author=author, category=shelf).upvote(crowd[(number * 5 + number // 8 + 1) % 8])
        flagging.flag_rings()
        flag = Flag.objects.get()
        assert {flag.thing, flag.other} == {one, other} and "9 of 9 votes" in flag.evidence
        client = Client()
        client.force_login(make_moderator())
        page = client.get(reverse("admin:moderation_flag_changelist")).content.decode()
        assert "oneofthem" in page and "otherofthem" in page


class TestLens:
    @pytest.mark.parametrize(
        "words",
        ["I want to kill myself", "i want  to DIE", "thoughts of suicide", "some self-harm", "suiside", "I don’t want to be alive"],
    )  # fmt: skip
    def test_finds_self_harm_however_it_is_spelled(self, words: str) -> None:
        assert lens.look(words).is_self_harm

    @pytest.mark.parametrize(
        "words",
        ["a suicide inhibitor of the enzyme", "the side of my scalp", "it died down", "", "I hurt myself at the gym",
         "I cut myself a break", "I don't want to wake up one day and be bald"],
    )  # fmt: skip
    def test_and_not_what_only_looks_so(self, words: str) -> None:
        assert not lens.look(words).is_self_harm

    @pytest.mark.parametrize(
        "words",
        ["5% minoxidil twice a day", "I take 2.5 mg of oral minoxidil and 1 mg finasteride, prescribed by my doctor",
         "Minoxidil at 5 mg did nothing", "Isotretinoin 80 mg for six months", "Propecia 1mg, Rogaine 60 ml", "40mg daily",
         "prednisone 40 mg, then 20 mg", "a 500 g jar of caffeine", "500 g caffeine for $12", "finasteride: 200 mg of magnesium", "Imodium 2 mg",
         "My DNP program starts soon", "LDL of 160 mg/dl on Tylenol", "2,5 mg Dutasterid, dutasteride 0,5 mg"],
    )  # fmt: skip
    def test_plain_talk_of_drugs_is_not_flagged(self, words: str) -> None:
        assert lens.look(words).badges == ()

    @pytest.mark.parametrize(
        "words",
        ["I take 50 mg of finasteride", "finasteride 25mg", "Propecia at 20 mg", "1,000 mg minoxidil", "4 g of Tramadol",
         "Accutane 400 mg", "6000 mcg of levothyroxine", "took 40 tablets", "swallowed a handful of pills",
         "I am self-medicating with it", "I stopped taking my lithium", "doubled my dose", "bought it without a prescription",
         "went cold turkey off my meds", "tretinoin from the grey market", "I take more than prescribed", "taking DNP"],
    )  # fmt: skip
    def test_a_dose_far_outside_and_dosing_oneself_are(self, words: str) -> None:
        assert lens.look(words).badges == (lens.DOSES,)

    def test_knows_the_drugs_of_the_library_by_all_their_names(self) -> None:
        """Given by an upper floor, when the site starts."""
        assert lens.look("loniten 900 mg").score > 0 and lens.look("loniten 10 mg").score == 0

    def test_puts_doses_after_self_harm_and_before_the_rest(self) -> None:
        scores = [lens.look(each).score for each in ("My shampoo", "took 400 mg of isotretinoin", "I want to die")]
        assert scores == sorted(scores) and scores[0] == 0 < scores[1]

    @pytest.mark.django_db
    def test_sorts_the_queue_and_offers_help_lines(self, settings) -> None:
        settings.HOLD_FIRST = 2
        settings.HELP_LINES = [{"country": "Everywhere", "words": "Call somebody near you.", "url": ""}]
        make_post(title="Shampoo"), make_post(title="Late at night", body="I want to die")
        assert [held.thing.title for held in Held.objects.all()] == ["Late at night", "Shampoo"]
        client = Client()
        client.force_login(make_moderator())
        listed = client.get(reverse("admin:moderation_held_changelist")).content.decode()
        assert listed.index("Late at night") < listed.index("Shampoo") and lens.SELF_HARM in listed
        first, second = Held.objects.all()
        page = client.get(reverse("admin:moderation_held_change", args=[first.pk])).content.decode()
        assert "Call somebody near you." in page
        assert (
            "Call somebody"
            not in client.get(reverse("admin:moderation_held_change", args=[second.pk])).content.decode()
        )
        mine = Client()
        mine.force_login(first.author)
        assert "Call somebody near you." in mine.get(first.thing.get_absolute_url()).content.decode()
