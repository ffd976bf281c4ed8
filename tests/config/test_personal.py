"""Every table that leads to a member says how it is given out and what leaving does to it."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.contrib.contenttypes.fields import GenericForeignKey
from django.db import models

from accounts.models import Member
from common import personal

HELP = (
    "Tell common.personal of it in your app's personal.py: how its rows of a member are exported and what leaving does"
    " to them (personal.register), or why it holds nothing of a person (personal.impersonal)."
)
MODELS = list(apps.get_models(include_auto_created=True))


def name_of(model: type[models.Model]) -> str:
    return model._meta.label


def links(model: type[models.Model]) -> list[models.ForeignKey]:
    return [field for field in model._meta.concrete_fields if isinstance(field, models.ForeignKey)]


def told_of() -> set[type[models.Model]]:
    return {part.model for part in personal.parts()} | set(personal.declared_impersonal())


@pytest.mark.parametrize("model", MODELS, ids=name_of)
def test_each_way_from_a_row_to_a_member_is_told_of(model: type[models.Model]) -> None:
    ways = {part.of.partition("__")[0] for part in personal.parts() if part.model is model}
    missing = [link.name for link in links(model) if link.related_model is Member and link.name not in ways]
    assert not missing or model in personal.declared_impersonal(), f"{name_of(model)}.{missing}: {HELP}"


@pytest.mark.parametrize("model", MODELS, ids=name_of)
def test_what_hangs_on_something_of_a_member_is_told_of(model: type[models.Model]) -> None:
    personally = {part.model for part in personal.parts()} - {Member}
    hangs = [link.name for link in links(model) if link.related_model in personally]
    assert not hangs or model in told_of(), f"{name_of(model)} hangs on {hangs}. {HELP}"


@pytest.mark.parametrize("model", MODELS, ids=name_of)
def test_what_can_point_at_anything_or_holds_free_text_or_addresses_is_told_of(model: type[models.Model]) -> None:
    points = [field.name for field in model._meta.private_fields if isinstance(field, GenericForeignKey)]
    free = [
        field.name
        for field in model._meta.concrete_fields
        if isinstance(field, models.TextField | models.JSONField | models.EmailField | models.FileField)
        or field.name in ("email", "username", "ip", "user_agent")
    ]
    assert not (points or free) or model in told_of(), f"{name_of(model)} has {points + free}. {HELP}"


@pytest.mark.django_db
@pytest.mark.parametrize("part", personal.parts(), ids=lambda part: f"{name_of(part.model)}.{part.of or part.name}")
def test_a_part_can_be_asked_and_says_why_it_is_not_given_out(part: personal.Part) -> None:
    rows = part.rows_of(Member(pk=1, username="nobody", email="nobody@example.org"))
    str(rows.values(*part.fields).query)  # raises for a field that is not there
    assert bool(part.name) != bool(part.withheld), "either a file of the export or a reason"
    assert bool(part.name) == bool(part.fields)


def test_no_two_parts_have_one_file() -> None:
    names = [part.name for part in personal.parts() if part.name]
    assert sorted(names) == sorted(set(names))


def test_a_table_that_nobody_told_of_is_found() -> None:
    class Diary(models.Model):
        keeper = models.ForeignKey(Member, models.CASCADE)

        class Meta:
            app_label = "nowhere"

        def __str__(self) -> str:
            return "diary"

    try:
        with pytest.raises(AssertionError, match="keeper"):
            test_each_way_from_a_row_to_a_member_is_told_of(Diary)
    finally:
        del apps.all_models["nowhere"]
        apps.clear_cache()
