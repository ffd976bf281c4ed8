"""Template tags about studies: ``{% load studies %}``."""

from __future__ import annotations

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from studies.exporting import head
from studies.models import Study

register = template.Library()


@register.simple_tag
def coins(study: Study) -> SafeString:
    """What lets reference managers take a study out of a list. Takes a study from ``for_list``.

    Only for lists: on the page of one study it would be read instead of what its head says.
    """
    return format_html('<span class="Z3988" title="{}"></span>', head.coins(study, study.first_authorships))  # type: ignore[attr-defined]
