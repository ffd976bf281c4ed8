"""One member for a name, however it is spelled."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from accounts import names
from accounts.adapter import AccountAdapter
from accounts.models import Member
from tests.shared import shared_file

ODD_SHAPES = [
    "",
    "ab",
    "a" * 25,
    "_ann",
    "-ann",
    "ann lee",
    "ann.lee",
    "ann@lee",
    "ann\n",
    "ann\0",
    "änne",
    "ann\u200b",
    "\u202eann",
    "аnn",
    "ａｎｎ",
    "ann\u0301",
    "ann🙂",
    "ann'",
    "<ann>",
    "ann%00",
    "İbrahim",
    "ﬁona",
]


class TestShape:
    @pytest.mark.parametrize("name", ["ann", "Ann-Marie", "dr_amara", "3cats", "a" * 24, "x--", "A1_"])
    def test_takes_plain_names(self, name: str):
        names.validate_shape(name)

    @pytest.mark.parametrize("name", ODD_SHAPES)
    def test_refuses_everything_else_with_a_sentence(self, name: str):
        with pytest.raises(ValidationError, match="3 to 24 letters"):
            names.validate_shape(name)

    def test_refuses_every_look_alike_of_the_homoglyph_list(self):
        accepted = []
        for line in shared_file("vectors/homoglyphs.txt").read_text(encoding="utf-8").splitlines():
            if line.startswith("#"):
                continue
            for character in line:
                if not character.isascii():
                    try:
                        names.validate_shape(f"ann{character}lee")
                    except ValidationError:
                        continue
                    accepted.append(character)
        assert accepted == []


class TestSkeleton:
    @pytest.mark.parametrize(
        "same",
        [
            ("maren", "MAREN", "rnaren", "ma-ren", "m_a_r_e_n", "maren-", "Ｍaren", "rn-aren"),
            ("loop", "l00p", "1oop", "IOOP", "ioop", "l0-0p", "lo_op"),
            ("william", "vvi11iarn", "Wllllam", "VVilliam"),
            ("sister", "5ister", "SI5TER", "sl5ter"),
        ],
    )
    def test_is_one_for_names_that_look_alike(self, same: tuple[str, ...]):
        assert len({names.skeleton(name) for name in same}) == 1

    @pytest.mark.parametrize("other", ["marena", "maron", "naren", "maaren", "mar3n"])
    def test_differs_for_names_that_do_not(self, other: str):
        assert names.skeleton(other) != names.skeleton("maren")

    def test_of_a_skeleton_is_itself(self):
        for name in ("rnrn", "m-w_1I5", "rrn", "vvvv", "Maren"):
            assert names.skeleton(names.skeleton(name)) == names.skeleton(name)

    def test_of_the_longest_name_fits_its_column(self):
        key = Member._meta.get_field("name_key")
        assert len(names.skeleton("m" * names.LONGEST)) <= key.max_length


class TestReserved:
    @pytest.mark.parametrize(
        "name", ["admin", "Moderator", "support", "root", "Studyhall", "api", "new", "settings", "me_"]
    )
    def test_words_of_the_site_are_kept(self, name: str):
        with pytest.raises(ValidationError, match="kept for the site"):
            names.validate_not_reserved(name)

    @pytest.mark.parametrize(
        "name", ["Adm1n", "ad-min", "adrnin", "rnoderator", "M0DERAT0R", "r00t", "5upport", "studyha11", "ap1", "nevv"]
    )
    def test_so_are_their_look_alikes(self, name: str):
        with pytest.raises(ValidationError, match="kept for the site"):
            names.validate_not_reserved(name)

    @pytest.mark.parametrize("name", ["adminette", "roots", "newton", "mod-fan", "apiarist"])
    def test_a_name_that_only_begins_alike_is_free(self, name: str):
        names.validate_not_reserved(name)

    def test_at_least_55_words_are_kept(self):
        assert len(names.RESERVED) >= 55


@pytest.mark.django_db
class TestDatabase:
    """The promises hold also for what doesn't come through the forms."""

    @pytest.mark.parametrize("name", ["Maren", "rnaren", "ma_ren", "MAREN"])
    def test_keeps_one_member_for_a_name(self, maren: Member, name: str):
        with pytest.raises(IntegrityError), transaction.atomic():
            Member.objects.create_user(name, "other@example.org")

    def test_keeps_one_member_for_an_address(self, maren: Member):
        with pytest.raises(IntegrityError), transaction.atomic():
            Member.objects.create_user("other", "Maren@Example.ORG")

    def test_keeps_addresses_in_small_letters(self):
        assert Member.objects.create_user("maren", "Maren@Example.ORG").email == "maren@example.org"

    def test_members_without_an_address_do_not_stand_in_each_others_way(self):
        Member.objects.create_user("one-left")
        Member.objects.create_user("two-left")

    @pytest.mark.parametrize("name", ["ab", "аnnа", "ann lee", "_ann", "x" * 25])
    def test_refuses_a_name_that_is_not_plain(self, name: str):
        with pytest.raises(Exception, match=r"name_is_plain|too long"), transaction.atomic():
            Member.objects.create_user(name, "ann@example.org")

    def test_refuses_an_address_with_capitals_that_went_past_save(self, maren: Member):
        with pytest.raises(IntegrityError, match="email_is_lower_case"), transaction.atomic():
            Member.objects.filter(pk=maren.pk).update(email="Maren@example.org")

    @pytest.mark.parametrize("name", ["Maren", "rnaren", "ma_ren"])
    def test_is_asked_before_a_look_alike_is_stored(self, maren: Member, name: str):
        with pytest.raises(ValidationError, match="looks like it, is taken"):
            AccountAdapter().clean_username(name)

    def test_a_name_that_changes_takes_its_key_along(self, maren: Member):
        maren.username = "marlen"
        maren.save(update_fields=["username"])
        maren.refresh_from_db()
        assert maren.name_key == names.skeleton("marlen")
