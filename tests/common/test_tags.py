import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st

from common import tags
from common.models import Tag
from common.tags import get_or_create, normalise, parse, rarity, set_tags, slug_for
from forum.models import PostTag
from tests.builders import make_category, make_many_posts, make_member, make_moderator, make_post, make_study

ETE = ["Été", "été", "ÉTÉ", "E\u0301te\u0301", "  été  ", "été\u200b", "ｅ\u0301té", "\ufeffÉté", "é\u00adté"]


class TestOneSpelling:
    @pytest.mark.parametrize("typed", ETE)
    def test_is_the_same_however_it_is_typed(self, typed):
        assert normalise(typed) == "été"

    @pytest.mark.parametrize(
        ("typed", "name"),
        [
            ("Side   Effects", "side effects"), ("side\u00a0effects", "side effects"), ("side\t\neffects", "side effects"),
            ("Straße", "strasse"), ("ﬁnasteride", "finasteride"), ("5α-reductase", "5α-reductase"), ("a,b", "a b"),
            ("", ""), (" \u200b ", ""), ("\u202e", ""), ("x" * 150, "x" * 100), ("C++", "c++"), ("a\0b", "ab"),
        ],
    )  # fmt: skip
    def test_has_small_letters_and_single_spaces(self, typed, name):
        assert normalise(typed) == name

    @settings(max_examples=300, deadline=None)
    @given(st.text(alphabet=st.characters(exclude_categories=()), max_size=130))
    def test_is_its_own_spelling_and_fits_its_column(self, typed):
        name = normalise(typed)
        assert normalise(name) == name
        assert len(name) <= tags.NAME_LIMIT
        assert "," not in name
        name.encode()
        if name:
            slug = slug_for(name)
            assert 0 < len(slug) <= 90
            assert not set(slug) & set("/,?#. ")

    @pytest.mark.parametrize("name", ["\U0010fffd" * 100, "🙂" * 100, "!" * 100, "é" * 100, "x y" * 33, "_", "- -"])
    def test_has_a_slug_that_fits_its_column_with_room_for_a_number(self, name):
        assert 0 < len(slug_for(normalise(name))) <= 90

    @pytest.mark.parametrize("name", ["new", "feed", "all"])
    def test_has_no_slug_that_is_a_word_of_our_addresses(self, name):
        assert slug_for(name) == f"{name}-tag"

    def test_is_kept_once_in_a_line_of_tags(self):
        assert parse("Acne, acne ,, ACNE,lupus , ") == ["acne", "lupus"]


@pytest.mark.django_db
class TestVocabulary:
    def test_has_one_tag_for_all_spellings(self, client):
        client.force_login(make_member())
        shelf = make_category()
        for typed in ETE:
            client.post("/community/new/", {"title": "Summer", "body": "Sun.", "category": shelf.slug, "tags": typed})
        tag = Tag.objects.get()
        assert (tag.name, tag.use_count) == ("été", len(ETE))

    def test_gives_two_tags_of_one_slug_two_addresses(self):
        names = ["c", "c++", "c#", "🙂", "🙃", "\U0010fffd" * 100, "\U0010fffd" * 99]
        made = get_or_create(names)
        assert len({tag.slug for tag in made}) == len(names)
        assert get_or_create(names) == made

    def test_stores_the_longest_names_there_are(self):
        for character in "é🙂\U0010fffdx":
            post = make_post(tags=[character * 200])
            assert post.tags.get().name == character * 100

    def test_gives_what_a_synonym_stands_for(self):
        (minoxidil,) = get_or_create(["minoxidil"])
        Tag.objects.create(name="rogaine", slug="rogaine", synonym_of=minoxidil)
        post = make_post(tags=["Rogaine", "minoxidil"])
        assert list(post.tags.all()) == [minoxidil]
        assert Tag.objects.get(name="minoxidil").use_count == 1
        assert Tag.objects.get(name="rogaine").use_count == 0


def counts() -> dict[str, int]:
    return dict(Tag.objects.values_list("name", "use_count"))


@pytest.mark.django_db
class TestUseCount:
    def test_is_right_after_every_change(self):
        post = make_post(tags=["acne", "lupus"])
        study = make_study(tags=["acne"])
        assert counts() == {"acne": 2, "lupus": 1}
        post.edit(category=post.category, title="x", body="x", tags=["lupus", "new"], version=1)
        assert counts() == {"acne": 1, "lupus": 1, "new": 1}
        post.edit(category=post.category, title="x", body="x", tags=["NEW", "Lupus"], version=2)
        assert counts() == {"acne": 1, "lupus": 1, "new": 1}
        set_tags(study, type(study.tag_items.get()), [])
        assert counts() == {"acne": 0, "lupus": 1, "new": 1}

    def test_stays_when_the_same_tags_are_set_again(self):
        post = make_post(tags=["acne"])
        for _ in range(2):
            set_tags(post, PostTag, ["acne", " ACNE "])
        assert counts() == {"acne": 1}
        assert PostTag.objects.count() == 1

    def test_costs_no_more_queries_for_eight_tags_than_for_one(self):
        def cost(names) -> int:
            get_or_create(names)
            post = make_post()
            with CaptureQueriesContext(connection) as queries:
                set_tags(post, PostTag, names)
            return len(queries)

        assert cost(["one"]) == cost([f"tag {number}" for number in range(8)])


@pytest.mark.django_db
class TestRarity:
    def test_weighs_a_rare_tag_more_than_a_common_one(self):
        rare, common = get_or_create(["a rare one", "common"])
        make_many_posts(50, tag=common)
        make_many_posts(2, tag=rare)
        weights = rarity(Tag.objects.all())
        assert weights[rare.pk] > weights[common.pk] > 0

    def test_costs_one_query_however_many_tags(self):
        tags_ = get_or_create([f"tag {number}" for number in range(8)])
        with CaptureQueriesContext(connection) as queries:
            rarity(tags_)
        assert len(queries) == 1


@pytest.mark.django_db
class TestSightOfTags:
    """A tag is the words of whoever wrote it: when their post is out of sight, so is a tag that only it carries."""

    @pytest.mark.parametrize("verb", ["hide", "delete"])
    def test_goes_with_the_only_post_that_carries_it(self, client, verb):
        post, moderator = make_post(tags=["Rude Word", "acne"]), make_moderator()
        make_post(tags=["acne"])
        assert "rude word" in client.get("/tags/").text
        post.hide(moderator, "Rude.") if verb == "hide" else post.delete_by_author()
        for address in ("/tags/", "/search/?q=rude", "/", "/community/", "/studies/"):
            assert "rude word" not in client.get(address).text, address
        assert counts()["acne"] == 1

    def test_comes_back_with_it(self):
        post, moderator = make_post(tags=["acne"]), make_moderator()
        post.hide(moderator, "Rude.")
        post.hide(moderator, "Rude again.")
        assert counts() == {"acne": 0}
        post.unhide(moderator, "It was not.")
        assert counts() == {"acne": 1}
        post.delete_by_author()
        post.hide(moderator, "Rude.")
        post.unhide(moderator, "It was not.")
        post.delete_by_author()
        assert counts() == {"acne": 0}
