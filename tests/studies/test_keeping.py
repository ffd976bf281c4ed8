"""Saving studies, with notes that only their member sees."""

from __future__ import annotations

import pytest

from notices import following
from studies import keeping
from studies.models import SavedStudy
from tests.builders import make_member, make_study

pytestmark = pytest.mark.django_db


class TestSaving:
    def test_twice_is_once_and_keeps_the_note(self):
        member, study = make_member(), make_study()
        keeping.write_note(member, study, "Dose on page 4")
        keeping.save(member, study)
        assert SavedStudy.objects.get().note == "Dose on page 4"
        assert keeping.savers_of(study) == {member.pk}

    def test_what_was_removed_can_be_put_back_with_its_note(self):
        member, study = make_member(), make_study()
        keeping.write_note(member, study, "Mine")
        keeping.remove(member, study)
        assert keeping.savers_of(study) == set()
        keeping.put_back(member, study)
        assert SavedStudy.objects.kept().get().note == "Mine"

    def test_saved_anew_after_it_was_removed_it_has_no_note(self):
        member, study = make_member(), make_study()
        keeping.write_note(member, study, "Mine")
        keeping.remove(member, study)
        keeping.save(member, study)
        assert SavedStudy.objects.kept().get().note == ""


class TestTwoStudiesThatBecomeOne:
    def test_keep_saves_notes_and_follows(self):
        kept, gone = make_study(), make_study()
        both, one, had_removed = make_member(), make_member(), make_member()
        keeping.write_note(both, kept, "First")
        keeping.write_note(both, gone, "Second")
        keeping.write_note(one, gone, "Only")
        keeping.write_note(had_removed, kept, "Old")
        keeping.remove(had_removed, kept)
        keeping.save(had_removed, gone)
        following.follow(one, gone)
        keeping.move(kept, gone)
        gone.delete()
        notes = dict(SavedStudy.objects.kept().values_list("member_id", "note"))
        assert notes == {both.pk: "First\n\nSecond", one.pk: "Only", had_removed.pk: ""}
        assert following.followers_of(kept) == {one.pk}
