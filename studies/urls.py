from django.urls import path, register_converter

from studies.asking_urls import urlpatterns as asking
from studies.exporting import FORMATS
from studies.views import (
    by_hand,
    citations,
    exports,
    history,
    imports,
    librarians,
    library,
    mentions,
    merges,
    open_data,
    standing,
    study,
)

app_name = "studies"


class FormatConverter:
    """The suffix of a format that studies are exported in."""

    regex = "|".join(suffix.replace(".", r"\.") for suffix in FORMATS)

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(FormatConverter, "format")

urlpatterns = [
    path("studies/", library.library, name="library"),
    path("studies.<format:format>", exports.many, name="export_list"),
    path("studies/<int:pk>/<str:slug>.<format:format>", exports.one, name="export"),
    path("studies/wanted/", mentions.wanted, name="wanted"),
    path("studies/wanted/<int:pk>/fetch/", mentions.wanted_fetch, name="wanted_fetch"),
    path("studies/doi/<path:value>/", study.by_identifier, {"kind": "doi"}),
    path("studies/doi/<path:value>", study.by_identifier, {"kind": "doi"}, name="by_doi"),
    path("studies/pmid/<str:value>", study.by_identifier, {"kind": "pmid"}, name="by_pmid"),
    path("studies/pmid/<str:value>/", study.by_identifier, {"kind": "pmid"}),
    path("studies/<int:pk>/", study.study, name="study_short"),
    path("studies/<int:pk>/picture", study.picture, name="picture"),
    path("studies/<int:pk>/cover.svg", study.cover, name="cover"),
    path("studies/<int:pk>/card.png", exports.card, name="card"),
    path("studies/<int:pk>/<str:slug>/", study.study, name="study"),
    path("studies/<int:pk>/<str:slug>/discuss/", study.discuss, name="discuss"),
    path("studies/<int:pk>/<str:slug>/references/", citations.references, name="references"),
    path("studies/<int:pk>/<str:slug>/cited-by/", citations.cited_by, name="cited_by"),
    path("studies/<int:pk>/<str:slug>/posts/", study.posts, name="posts"),
    path("studies/<int:pk>/<str:slug>/similar/", study.similar, name="similar"),
    path("studies/<int:pk>/<str:slug>/mentions/", mentions.mentions, name="mentions"),
    path("studies/<int:pk>/<str:slug>/cite/", exports.cite, name="cite"),
    path("studies/<int:pk>/<str:slug>/history/", history.history, name="history"),
    path("studies/<int:pk>/<str:slug>/sources/", history.sources, name="sources"),
    path("studies/<int:pk>/<str:slug>/by-hand/", by_hand.by_hand, name="by_hand"),
    path("open-data/", open_data.open_data, name="open_data"),
    path("open-data/<str:name>", open_data.open_data_file, name="open_data_file"),
    path("librarians/standing/", standing.standing, name="standing"),
    path("librarians/", librarians.librarians, name="librarians"),
    path("librarians/merges/", merges.merges, name="merges"),
    path("librarians/merges/<int:one>/<int:other>/", merges.merge_two, name="merge"),
    path("librarians/import/", imports.import_new, name="import_new"),
    path("librarians/import/identifiers/", imports.import_identifiers, name="import_identifiers"),
    path("librarians/imports/", imports.imports, name="imports"),
    path("librarians/imports/<int:pk>/", imports.import_run, name="import_run"),
    path("librarians/imports/<int:pk>/start/", imports.import_start, name="import_start"),
    path("librarians/imports/<int:pk>/cancel/", imports.import_cancel, name="import_cancel"),
    path("librarians/imports/<int:pk>/again/", imports.import_again, name="import_again"),
    path("journals/<str:slug>/", library.journal, name="journal"),
    path("authors/<int:pk>/<str:slug>/", library.author, name="author"),
]

from studies.keeping_urls import urlpatterns as keeping  # noqa: E402 - it needs the converter

urlpatterns += keeping
urlpatterns += asking
