"""The catalogue of translations: whole, right, and in step with the code."""

from __future__ import annotations

import io
import re
from gettext import GNUTranslations

import pytest
from django.conf import settings
from django.template.base import Lexer, TokenType

from accounts.models.member import Language
from common import catalogue

LANGUAGES = [language for language, _ in settings.LANGUAGES if language != settings.LANGUAGE_CODE]
HOLES = re.compile(r"%\(\w+\)[sd]|%%|\{\w*\}|</?[a-z][^>]*>")


@pytest.fixture(scope="module", params=LANGUAGES)
def files(request: pytest.FixtureRequest) -> catalogue.Files:
    return catalogue.Files(settings.BASE_DIR, request.param)


@pytest.fixture(scope="module")
def renewed(files: catalogue.Files) -> tuple[list[catalogue.Message], dict]:
    return files.renewed()


class TestTheCatalogue:
    def test_knows_the_languages_that_members_can_choose(self) -> None:
        assert Language.choices == settings.LANGUAGES

    def test_has_every_sentence_of_the_code_translated(self, renewed: tuple) -> None:
        missing = [(message.places[0], message.key[1]) for message in renewed[0] if not message.is_translated]
        assert not missing, "run manage.py renew_catalogue, and translate"

    def test_is_what_the_code_and_the_translations_give(self, renewed: tuple) -> None:
        stale = [path.name for path, content in renewed[1].items() if path.read_bytes() != content]
        assert not stale, "run manage.py renew_catalogue"

    def test_keeps_what_is_filled_in_and_each_tag(self, renewed: tuple) -> None:
        wrong = []
        for message in renewed[0]:
            forms = [words for words in message.key[1:] if words]
            for number, said in enumerate(message.said):
                meant = sorted(HOLES.findall(forms[min(number, len(forms) - 1)]))
                # The singular may say "one" in place of the number.
                if sorted(HOLES.findall(said)) != meant and not (
                    number == 0 and len(forms) > 1 and set(HOLES.findall(said)) < set(HOLES.findall(forms[1]))
                ):
                    wrong.append((message.key[1], said))
        assert not wrong

    def test_keeps_the_space_around_a_sentence(self, renewed: tuple) -> None:
        ends = [(message.key[1], said) for message in renewed[0] for said in message.said
                if _ends(message.key[1]) != _ends(said)]  # fmt: skip
        assert not ends

    def test_is_read_by_python_as_it_was_written(self, files: catalogue.Files, renewed: tuple) -> None:
        read = GNUTranslations(io.BytesIO(files.mo.read_bytes()))
        for message in renewed[0]:
            context, one, many = message.key
            said = [read.npgettext(context, one, many, number) for number in (1, 2)] if many and context else (
                [read.ngettext(one, many, number) for number in (1, 2)] if many
                else [read.pgettext(context, one) if context else read.gettext(one)]
            )  # fmt: skip
            assert said == message.said


def _ends(words: str) -> tuple[str, str]:
    return words[: len(words) - len(words.lstrip())], words[len(words.rstrip()) :]


class TestFinding:
    def test_reads_marks_in_python(self) -> None:
        code = 'x = _("One")\ny = ngettext("%(n)d a", "%(n)d b" " c", n) % {}\nz = pgettext("verb", "Post")\n_(name)'
        assert set(catalogue.in_python(code)) == {("", "One", ""), ("", "%(n)d a", "%(n)d b c"), ("verb", "Post", "")}
        with pytest.raises(ValueError, match="f-string"):
            list(catalogue.in_python('_(f"Hello {name}")'))

    def test_reads_marks_in_templates(self) -> None:
        page = """{% translate "A (b) c" %}{% blocktranslate count n=2 trimmed with x=y.z %}
            One {{ x }}{% plural %}{{ n }} "{{ x }}"{% endblocktranslate %}{% include "a" with b=_("C") %}{{ d|default:_("E") }}"""
        assert list(catalogue.in_template(page)) == [
            ("", "A (b) c", ""), ("", "One %(x)s", '%(n)s "%(x)s"'), ("", "C", ""), ("", "E", ""),
        ]  # fmt: skip

    def test_reads_marks_in_scripts(self) -> None:
        assert list(catalogue.in_script(r'say(inWords("It \"is\"", { n })); inWords(other)')) == [("", 'It "is"', "")]

    def test_reads_back_what_it_wrote(self) -> None:
        messages = [
            catalogue.Message(("", 'a "b"\nc\\', ""), ["x.py"], ["d\n\ne"]),
            catalogue.Message(("verb", "one", "many"), ["x.py"], ["ein", "viele"], is_fuzzy=True),
        ]
        head, read = catalogue.read(catalogue.written("de", "# Words\n", messages))
        assert head == "# Words\n"
        assert [(message.key, message.said, message.is_fuzzy) for message in read.values()] == [
            (message.key, message.said, message.is_fuzzy) for message in messages
        ]


# ── Every sentence of a page is marked ───────────────────────────────────────────────────────────

MARKED_FOLDERS = [
    "account", "accounts", "allauth", "errors", "forum", "includes", "mfa", "moderation", "notices", "pages", "socialaccount",
    "studies",
]  # fmt: skip
ATTRIBUTES = re.compile(r"""\s(?:aria-label|aria-description|title|placeholder|alt|data-copy)=["']([^"']*)["']""")
STATEMENTS = re.compile(r"<(script|style|svg)\b.*?</\1>|<!--.*?-->|<!doctype[^>]*>", re.DOTALL | re.IGNORECASE)
WORD = re.compile(r"[A-Za-z]{2,}")
LITERAL = re.compile(r"""(?<!_\()(["'])((?:[A-Z][a-z’']+|[a-z]+,?)(?:\s[^"']*)[a-z.?!…])\1""")
# A page of the copy of one's data, beside files for programs.
ENGLISH = ["accounts/copy_readme.txt"]
# Words that are the same in every language.
SAME = re.compile(
    r"&\w+;|¤|https?://\S+|\b(?:DOI|PMID|ORCID|orcid\.org|Atom|Markdown|UTC|BibTeX|RIS|CSL-JSON|PMCID|PubMed|ISSN|SHA-256|doi|kB|MB)\b"
)


def unmarked(source: str) -> list[str]:
    """The words of a template that a reader sees and no translator: text, attributes, and what tags are given."""
    page, given, inside = [], [], False
    for token in Lexer(source).tokenize():
        contents = token.contents
        if token.token_type == TokenType.BLOCK:
            name = contents.split()[0]
            if name in ("blocktranslate", "comment"):
                inside = True
            elif name in ("endblocktranslate", "endcomment"):
                inside = False
            elif name not in ("translate", "url", "static", "extends", "load"):
                given += [found[1] for found in LITERAL.findall(re.sub(r"^include \S+|date:\S+ ?\S+", "", contents))]
            page.append("¤")
        elif token.token_type == TokenType.VAR:
            given += [found[1] for found in LITERAL.findall(re.sub(r"date:.*", "", contents))]
            page.append("¤")
        elif token.token_type == TokenType.TEXT and not inside:
            page.append(contents)
    html = STATEMENTS.sub("", "".join(page))
    seen = ATTRIBUTES.findall(html) + re.sub(r"<[^>]*>", "\n", html).splitlines()
    return [line.strip() for line in seen if WORD.search(SAME.sub(" ", line))] + given


def templates_of(folder: str) -> list:
    return sorted(
        path
        for path in (settings.BASE_DIR / "templates" / folder).rglob("*")
        if path.suffix in (".html", ".txt") and str(path.relative_to(settings.BASE_DIR / "templates")) not in ENGLISH
    )


class TestEveryPage:
    def test_has_its_sentences_marked(self) -> None:
        paths = [
            settings.BASE_DIR / "templates/base.html",
            *(p for folder in MARKED_FOLDERS for p in templates_of(folder)),
        ]
        found = {path.name: words for path in paths if (words := unmarked(path.read_text(encoding="utf-8")))}
        assert not found, "mark them by {% translate %} or {% blocktranslate %}"

    @pytest.mark.parametrize(
        "page",
        [
            "<p>Hello there</p>",
            '<a title="Go on" href="x"></a>',
            "{% if a %}yes{% endif %}",
            "<p>{{ n }} posts</p>",
            '{% include "a.html" with title="Comments on this post" %}',
            "{{ a|default:'no one here' }}",
        ],
    )
    def test_is_caught_with_one_that_is_not(self, page: str) -> None:
        assert unmarked(page)

    def test_is_let_through_where_all_are(self) -> None:
        page = """{# A note #}<p title="{% translate "Go on" %}">{% translate "Hello" %} · {{ name }}, DOI</p>
            <script src="x">let words;</script>{% include "a.html" with title=_("Comments on this") %}{{ d|date:"j F Y" }}"""
        assert unmarked(page) == []
