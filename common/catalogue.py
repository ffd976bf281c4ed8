"""The sentences of the site and their translations: found in the code, kept in ``locale/<language>/LC_MESSAGES``.

``django.po`` is what a translator edits, ``django.mo`` what Django reads, ``static/js/sentences.<language>.js`` what
scripts read. ``manage.py renew_catalogue`` makes the last two of the first, and adds to it what is new in the code. All
of it is Python, so that no machine needs the tools of GNU gettext.
"""

from __future__ import annotations

import ast
import json
import re
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from django.utils.translation.template import templatize

# How many arguments of each name are sentences, and whether a context comes before them.
MARKS = {
    "gettext": (1, False), "gettext_lazy": (1, False), "gettext_noop": (1, False), "_": (1, False),
    "ngettext": (2, False), "ngettext_lazy": (2, False), "ngettext_noop": (2, False),
    "pgettext": (1, True), "pgettext_lazy": (1, True), "npgettext": (2, True), "npgettext_lazy": (2, True),
}  # fmt: skip
ROOMS = ("accounts", "common", "config", "forum", "moderation", "notices", "pages", "studies")
HEADER = """Project-Id-Version: studyhall
Language: {language}
MIME-Version: 1.0
Content-Type: text/plain; charset=UTF-8
Content-Transfer-Encoding: 8bit
Plural-Forms: nplurals=2; plural=(n != 1);
"""

Key = tuple[str, str, str]
"""Context, sentence and its plural; each "" where there is none."""


@dataclass
class Message:
    """A sentence, where it stands, and its translation: one text, or one for each number of things."""

    key: Key
    places: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    is_fuzzy: bool = False

    @property
    def is_translated(self) -> bool:
        return len(self.said) == (2 if self.key[2] else 1) and all(self.said) and not self.is_fuzzy


# ── Finding ──────────────────────────────────────────────────────────────────────────────────────


def in_python(source: str) -> Iterator[Key]:
    """The sentences that are marked in Python. Raises ``ValueError`` for a mark around an f-string."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name not in MARKS:
            continue
        count, has_context = MARKS[name]
        given = node.args[: count + has_context]
        if any(isinstance(each, ast.JoinedStr) for each in given):
            raise ValueError(f"An f-string cannot be translated: line {node.lineno}")
        words = [each.value for each in given if isinstance(each, ast.Constant) and isinstance(each.value, str)]
        if len(words) == count + has_context:  # a mark around a name translates what is marked elsewhere
            yield _key(words, has_context)


def _key(words: list[str], has_context: bool) -> Key:
    context = words[0] if has_context else ""
    singular, *plural = words[has_context:]
    return context, singular, plural[0] if plural else ""


def in_template(source: str) -> Iterator[Key]:
    """The sentences that are marked in a template."""
    code = templatize(source)
    for mark in re.finditer(r"\b(_|n?p?gettext)\(", code):
        end = mark.end()
        while (end := code.find(")", end) + 1) > 0:
            try:
                tree = ast.parse(code[mark.start() : end], mode="eval")
            except SyntaxError:
                continue
            yield from in_python(ast.unparse(tree))
            break


def in_script(source: str) -> Iterator[Key]:
    """The sentences that a script says: ``inWords("…")``."""
    for words in re.findall(r'inWords\(("(?:[^"\\]|\\.)*")', source):
        yield "", json.loads(words), ""


def found_in(root: Path) -> dict[Key, Message]:
    """Every sentence of the checkout at ``root``, in the order of its files."""
    kinds = [
        (in_template, [path for path in (root / "templates").rglob("*") if path.suffix in (".html", ".txt")]),
        (
            in_python,
            [path for room in ROOMS for path in (root / room).rglob("*.py") if path.parent.name != "migrations"],
        ),
        (in_script, [path for path in (root / "static/js").glob("*.js") if not path.name.startswith("sentences.")]),
    ]
    found: dict[Key, Message] = {}
    for reader, paths in kinds:
        for path in sorted(paths):
            place = path.relative_to(root).as_posix()
            for key in reader(path.read_text(encoding="utf-8")):
                # gettext knows a sentence by itself, with or without a plural: who has one stands for both.
                twin = found.get((key[0], key[1], "")) if key[2] else None
                if twin:
                    found.pop(twin.key)
                    twin.key = key
                    found[key] = twin
                elif not key[2]:
                    key = next((other for other in found if other[:2] == key[:2]), key)
                places = found.setdefault(key, Message(key)).places
                if place not in places:
                    places.append(place)
    return found


# ── The file of translations ─────────────────────────────────────────────────────────────────────

LINE = re.compile(r'^(msgctxt|msgid|msgid_plural|msgstr(?:\[\d\])?)? ?(".*")$')


def read(text: str) -> tuple[str, dict[Key, Message]]:
    """What stands before the first sentence of a .po file (comments; the glossary), and its translations."""
    head, _, rest = text.partition('msgid ""\nmsgstr ""\n')
    messages = {}
    for block in rest.split("\n\n")[1:]:
        parts: dict[str, str] = {}
        name = ""
        for line in block.splitlines():
            if found := LINE.match(line):
                name = found[1] or name
                parts[name] = parts.get(name, "") + _unquoted(found[2])
        if "msgid" in parts:
            key = parts.get("msgctxt", ""), parts["msgid"], parts.get("msgid_plural", "")
            said = [parts[name] for name in sorted(parts) if name.startswith("msgstr")]
            messages[key] = Message(key, said=said, is_fuzzy="#, fuzzy" in block)
    return head, messages


def written(language: str, head: str, messages: Iterable[Message]) -> str:
    """The .po file of these messages."""
    blocks = [
        f'{head}msgid ""\nmsgstr ""\n' + "\n".join(_quoted(line) for line in _lines(HEADER.format(language=language)))
    ]
    for message in messages:
        context, singular, plural = message.key
        said = message.said or [""] * (2 if plural else 1)
        lines = [f"#: {place}" for place in message.places[:3]]
        if message.is_fuzzy:
            lines.append("#, fuzzy")
        if context:
            lines.append(_field("msgctxt", context))
        lines.append(_field("msgid", singular))
        if plural:
            lines.append(_field("msgid_plural", plural))
            lines += [_field(f"msgstr[{number}]", words) for number, words in enumerate(said)]
        else:
            lines.append(_field("msgstr", said[0]))
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks) + "\n"


def _lines(words: str) -> list[str]:
    return words.splitlines(keepends=True) or [""]


def _field(name: str, words: str) -> str:
    lines = _lines(words)
    return "\n".join([f'{name} ""', *map(_quoted, lines)] if len(lines) > 1 else [f"{name} {_quoted(lines[0])}"])


def _quoted(words: str) -> str:
    return '"' + words.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t") + '"'


def _unquoted(words: str) -> str:
    return re.sub(r"\\(.)", lambda mark: {"n": "\n", "t": "\t"}.get(mark[1], mark[1]), words[1:-1])


def compiled(language: str, messages: Iterable[Message]) -> bytes:
    """The .mo file (GNU gettext's binary form): what is translated, in the order of its bytes."""
    pairs = {b"": HEADER.format(language=language).encode()}
    for message in messages:
        if message.is_translated:
            context, singular, plural = message.key
            name = (f"{context}\x04" if context else "") + singular + (f"\0{plural}" if plural else "")
            pairs[name.encode()] = "\0".join(message.said).encode()
    names = sorted(pairs)
    count, texts, tables = len(names), b"", [b"", b""]
    start = 28 + 16 * count
    for table, column in enumerate((names, [pairs[name] for name in names])):
        for words in column:
            tables[table] += struct.pack("<II", len(words), start + len(texts))
            texts += words + b"\0"
    head = struct.pack("<7I", 0x950412DE, 0, count, 28, 28 + 8 * count, 0, start)
    return head + tables[0] + tables[1] + texts


def script_of(messages: Iterable[Message]) -> str:
    """What scripts read: the sentences that they say."""
    said = {
        message.key[1]: message.said[0]
        for message in messages
        if message.is_translated and any(place.startswith("static/") for place in message.places)
    }
    table = json.dumps(dict(sorted(said.items())), ensure_ascii=False, indent=2)
    return f"// Made by manage.py renew_catalogue; edit the .po file.\nwindow.sentences = {table};\n"


# ── One language of the checkout ─────────────────────────────────────────────────────────────────


@dataclass
class Files:
    """The three files of one language in the checkout at ``root``."""

    root: Path
    language: str

    @property
    def po(self) -> Path:
        return self.root / "locale" / self.language / "LC_MESSAGES/django.po"

    @property
    def mo(self) -> Path:
        return self.po.with_suffix(".mo")

    @property
    def script(self) -> Path:
        return self.root / f"static/js/sentences.{self.language}.js"

    def renewed(self) -> tuple[list[Message], dict[Path, bytes]]:
        """The messages as the code has them now, and the bytes that the files should hold."""
        head, kept = read(self.po.read_text(encoding="utf-8")) if self.po.exists() else ("", {})
        by_words = {key[:2]: message for key, message in kept.items()}
        messages = list(found_in(self.root).values())
        for message in messages:
            if old := kept.get(message.key) or by_words.get(message.key[:2]):
                message.said, message.is_fuzzy = old.said, old.is_fuzzy or old.key != message.key
        files = {
            self.po: written(self.language, head, messages).encode(),
            self.mo: compiled(self.language, messages),
            self.script: script_of(messages).encode(),
        }
        return messages, files
