import pytest
from django.contrib import admin
from django.db import IntegrityError, transaction
from django.utils import timezone

from studies import keeping
from studies.importing.importing import import_records
from studies.importing.record import Person, Relation, StudyRecord
from studies.models import Correction, Study, StudySource, Summary
from studies.removing import remove
from tests.builders import cite, make_member, make_moderator, make_post, make_study

pytestmark = pytest.mark.django_db


@pytest.fixture
def librarian(client):
    member = make_member(is_staff=True, is_superuser=True)
    client.force_login(member)
    return client


def form_of(client, study: Study) -> dict:
    """What the desk's form of a study would send, unchanged."""
    page = client.get(f"/admin/studies/study/{study.pk}/change/")
    assert page.status_code == 200
    form = page.context["adminform"].form
    data = {name: form[name].value() for name in form.fields if form[name].value() is not None and name != "picture"}
    data["publication_types"] = ",".join(data["publication_types"] or [])
    for inline in page.context["inline_admin_formsets"]:
        formset = inline.formset
        data |= {f"{formset.prefix}-{name}": value for name, value in formset.management_form.initial.items()}
        for row in formset.initial_forms:
            data |= {row.add_prefix(name): row[name].value() for name in row.fields if row[name].value() is not None}
    return data


class TestStudyAtTheDesk:
    def record(self, **facts) -> StudyRecord:
        facts = {"title": "As the record says", "pmid": "123", "authors": (Person("Doe", "Jane"),)} | facts
        return StudyRecord(**facts)

    def test_keeps_what_a_librarian_set_when_the_record_comes_again(self, librarian):
        import_records([self.record(abstract="Theirs.", keywords=("acne",))], StudySource.Kind.PUBMED)
        study = Study.objects.get()
        data = form_of(librarian, study) | {"title": "As the librarian says", "tag_names": "lupus, skin"}
        data["text-0-abstract"] = "Mended."
        answer = librarian.post(f"/admin/studies/study/{study.pk}/change/", data)
        assert answer.status_code == 302, answer.context["errors"]
        import_records(
            [self.record(title="Changed there", volume="7", abstract="Theirs, changed.")], StudySource.Kind.PUBMED
        )
        study.refresh_from_db()
        assert study.title == "As the librarian says"
        assert study.volume == "7"
        assert study.text.abstract == "Mended."
        assert "Mended." in study.text.abstract_html
        assert sorted(tag.name for tag in study.tags.all()) == ["lupus", "skin"]
        assert set(study.kept_fields) == {"title", "tags", "abstract"}

    def test_takes_identifiers_in_any_spelling_and_refuses_what_is_none(self, librarian):
        study = make_study()
        data = form_of(librarian, study) | {"doi": "https://doi.org/10.1001/JAMA.2020.1"}
        assert librarian.post(f"/admin/studies/study/{study.pk}/change/", data).status_code == 302
        study.refresh_from_db()
        assert study.doi == "10.1001/jama.2020.1"
        refused = librarian.post(f"/admin/studies/study/{study.pk}/change/", data | {"pmid": "12x"})
        assert "is not a PMID" in refused.text

    def test_lets_a_summary_be_found_and_reviewed(self, librarian):
        study = make_study()
        Summary.objects.create(
            study=study, tldr="Ointment calmed it.", body="x", writer_kind="model", written_on=timezone.localdate()
        )
        assert "A trial of something" in librarian.get("/search/?q=ointment").text
        librarian.post("/admin/studies/summary/", {"action": "mark_reviewed", "_selected_action": [study.pk]})
        assert Summary.objects.get().reviewed_on == timezone.localdate()

    @pytest.mark.parametrize("address", ["javascript:alert(1)", " javascript:x", "data:text/html,x", "ftp://a.example/"])  # fmt: skip
    def test_an_address_that_is_none_of_the_web_is_never_stored(self, librarian, address):
        study = make_study(open_access_url="HTTPS://example.org/paper")
        with pytest.raises(IntegrityError), transaction.atomic():
            Study.objects.filter(pk=study.pk).update(open_access_url=address)
        with pytest.raises(IntegrityError), transaction.atomic():
            Correction.objects.create(study=study, field="volume", after="7", source=address)
        data = form_of(librarian, study) | {"open_access_url": address}
        answer = librarian.post(f"/admin/studies/study/{study.pk}/change/", data)
        assert answer.status_code == 200 and "errorlist" in answer.content.decode()
        study.refresh_from_db()
        assert study.open_access_url == "HTTPS://example.org/paper"


class TestDesk:
    def test_shows_every_list_and_every_thing_to_an_admin(self, librarian):
        study = make_study("Ointment", tags=["lupus"], authors=["Doe"], tldr="It helps.")
        make_post(tags=["lupus"])
        study.open_discussion(make_member())
        for model, desk in admin.site._registry.items():
            address = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
            assert librarian.get(address).status_code == 200, address
            assert not desk.search_fields or librarian.get(f"{address}?q=a%00b").status_code in (200, 302, 400), address
            if not desk.search_fields:
                continue
            assert librarian.get(f"{address}?q=ointment").status_code == 200, address
            thing = model._default_manager.first()
            if thing is not None:
                assert librarian.get(f"{address}{thing.pk}/change/").status_code == 200, address

    def test_is_closed_to_members_and_guests(self, client):
        assert client.get("/admin/").status_code == 302
        client.force_login(make_member())
        assert client.get("/admin/").status_code in (302, 403)
        assert client.get("/admin/studies/study/").status_code in (302, 403)

    def test_shows_moderators_only_what_is_theirs(self, client):
        client.force_login(make_moderator())
        reachable = {
            model._meta.label
            for model in admin.site._registry
            if client.get(f"/admin/{model._meta.app_label}/{model._meta.model_name}/").status_code == 200
        }
        assert reachable == {
            "accounts.Flair",
            "accounts.Member",
            "common.Tag",
            "forum.Category",
            "forum.Comment",
            "forum.Picture",
            "forum.Post",
            "moderation.Action",
            "moderation.Appeal",
            "moderation.Case",
            "moderation.Flag",
            "moderation.Held",
            "moderation.ReasonTemplate",
            "moderation.Report",
        }


class TestHistory:
    def test_tells_what_a_librarian_changed_before_and_after_and_why(self, librarian):
        study = make_study("An old title", tags=["lupus"])
        data = form_of(librarian, study) | {"title": "A new title", "tag_names": "skin", "reason": "As printed."}
        data["text-0-abstract"] = "Mended."
        assert librarian.post(f"/admin/studies/study/{study.pk}/change/", data).status_code == 302
        change = study.changes.get()
        assert (change.kind, change.reason, change.actor.is_superuser) == ("edited", "As printed.", True)
        assert change.before == {"title": "An old title", "tags": ["lupus"], "abstract": ""}
        assert change.after == {"title": "A new title", "tags": ["skin"], "abstract": "Mended."}
        study.refresh_from_db()
        page = librarian.get(f"{study.get_absolute_url()}history/").text
        assert "An old title" in page and "A new title" in page and "As printed." in page

    def test_says_nothing_where_nothing_was_changed(self, librarian):
        study = make_study(tags=["lupus"])
        librarian.post(f"/admin/studies/study/{study.pk}/change/", form_of(librarian, study))
        assert not study.changes.exists()

    def test_a_retraction_at_the_desk_counts_tells_and_is_logged(self, librarian):
        study, citing, saver = make_study(), make_study(), make_member()
        cite(citing, study)
        keeping.save(saver, study)
        data = form_of(librarian, study) | {"retraction": "retracted", "retraction_date": "2020", "reason": "A letter."}
        assert librarian.post(f"/admin/studies/study/{study.pk}/change/", data).status_code == 302
        citing.refresh_from_db()
        assert citing.retracted_cites_count == 1
        assert [(change.kind, change.reason) for change in study.changes.all()] == [("standing", "A letter.")]
        assert saver.notifications.filter(kind="standing").count() == 1

    def test_an_evidence_level_set_at_the_desk_says_who_set_it_and_what_it_was(self, librarian):
        study = make_study(evidence_level="2-trial", evidence_source="PubMed")
        data = form_of(librarian, study) | {"evidence_level": "5-opinion"}
        librarian.post(f"/admin/studies/study/{study.pk}/change/", data)
        study.refresh_from_db()
        assert study.evidence_source == "set by a librarian, was: Randomised trial"

    def test_deleting_a_notice_and_a_cited_study_leaves_nothing_untrue(self, librarian):
        work, citing = make_study(doi="10.9999/w"), make_study()
        cite(citing, work, doi="10.9999/w")
        notice = StudyRecord("Notice", doi="10.9999/n", relations=(Relation("retracts", doi="10.9999/w"),))
        import_records([notice], StudySource.Kind.PUBMED)
        citing.refresh_from_db()
        assert citing.retracted_cites_count == 1
        remove([Study.objects.get(doi="10.9999/n")])
        citing.refresh_from_db()
        work.refresh_from_db()
        assert (citing.retracted_cites_count, work.retraction) == (0, "")
        work.changes.all().delete()
        chosen = {"action": "delete_selected", "post": "yes", "_selected_action": [work.pk]}
        librarian.post("/admin/studies/study/", chosen)
        assert not Study.objects.filter(pk=work.pk).exists()
        citing.refresh_from_db()
        assert (citing.cites_count, citing.reference_count) == (0, 1)
