from django.apps import AppConfig
from django.utils.translation import gettext_noop


class PagesConfig(AppConfig):
    name = "pages"

    def ready(self) -> None:
        from forum import signals
        from notices import kinds
        from pages.searching import watching
        from studies import searches

        kinds.register(
            kinds.Kind(
                watching.KIND, gettext_noop("New posts and comments that a search of mine finds"), watching.lines
            )
        )
        searches.register("site", watching.studies_found)
        signals.words_written.connect(watching.words_written, dispatch_uid="searches")
        signals.sight_changed.connect(watching.sight_changed, dispatch_uid="searches")
