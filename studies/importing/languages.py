"""The language of a work as its ISO 639-1 code, from codes of three letters and from English names."""

from __future__ import annotations

from django.conf.locale import LANG_INFO

from studies.importing.record import tidy

# ISO 639-2 (both the bibliographic and the terminological code, where they differ) of what is published in.
THREE_LETTERS = dict(
    pair.split(":")
    for pair in """
    afr:af alb:sq sqi:sq amh:am ara:ar arm:hy hye:hy aze:az baq:eu eus:eu bel:be ben:bn bos:bs bul:bg bur:my
    mya:my cat:ca chi:zh zho:zh hrv:hr cze:cs ces:cs dan:da dut:nl nld:nl eng:en epo:eo est:et fin:fi fre:fr
    fra:fr geo:ka kat:ka ger:de deu:de gla:gd gle:ga glg:gl gre:el ell:el heb:he hin:hi hun:hu ice:is isl:is
    ind:id ita:it jpn:ja kaz:kk kin:rw kor:ko lat:la lav:lv lit:lt mac:mk mkd:mk mal:ml mao:mi mri:mi may:ms
    msa:ms mon:mn nep:ne nor:no nob:nb nno:nn per:fa fas:fa pol:pl por:pt pus:ps rum:ro ron:ro rus:ru san:sa
    slo:sk slk:sk slv:sl som:so spa:es srp:sr swa:sw swe:sv tam:ta tel:te tha:th tib:bo bod:bo tur:tr ukr:uk
    urd:ur uzb:uz vie:vi wel:cy cym:cy zul:zu
    """.split()
)
NAMES = {info["name"].lower(): code for code, info in LANG_INFO.items() if len(code) == 2 and "name" in info}
NAMES |= {"chinese": "zh", "norwegian": "no", "farsi": "fa", "flemish": "nl", "castilian": "es", "serbian": "sr"}
UNKNOWN = frozenset({"und", "mul", "zxx", "mis"})


def language_code(text: str) -> str:
    """``en`` from "eng", "en-GB", "EN" or "English"; "" where no language is named; other words as they are."""
    word = tidy(text).lower().split(";")[0].split(",")[0].strip(" .")
    bare = word.replace("_", "-").split("-")[0]
    if word in UNKNOWN:
        return ""
    return THREE_LETTERS.get(bare) or NAMES.get(word) or (bare if len(bare) <= 3 else word)
