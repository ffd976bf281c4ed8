"""Identifiers come in many spellings and leave in one."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.markdown import is_followed
from studies.identifiers import (
    address_of,
    doi_in,
    find,
    named_by,
    parse_doi,
    parse_issn,
    parse_orcid,
    parse_pmcid,
    parse_pmid,
    parse_registration,
    pmid_in,
    recognise,
    registration_in,
)


class TestDoi:
    @pytest.mark.parametrize(
        "text",
        [
            "10.2147/BTT.S9806",
            "doi:10.2147/BTT.S9806",
            "DOI: 10.2147/btt.s9806.",
            "doi 10.2147/btt.s9806",
            "https://doi.org/10.2147/BTT.S9806",
            "http://dx.doi.org/10.2147/btt.s9806",
            "doi.org/10.2147/btt.s9806",
            "https://doi.org/10.2147%2FBTT.S9806",
            "10.2147%252Fbtt.s9806",
            " 10.2147/btt.s9806, ",
            "10.2147/btt.s9806)",
            "doi:https://doi.org/10.2147/btt.s9806",
            "info:doi/10.2147/btt.s9806",
        ],
    )
    def test_has_one_spelling(self, text):
        assert parse_doi(text) == "10.2147/btt.s9806"

    def test_keeps_the_brackets_that_belong_to_it(self):
        assert parse_doi("10.1016/0005-2795(76)90109-4") == "10.1016/0005-2795(76)90109-4"
        assert parse_doi("(10.1016/S0140-6736(05)67006-7)") == ""
        assert parse_doi("10.1016/S0140-6736(05)67006-7)") == "10.1016/s0140-6736(05)67006-7"

    @pytest.mark.parametrize(
        "sici",
        [
            "10.1002/(sici)1097-0258(19980815/30)17:15/16<1661::aid-sim968>3.0.co;2-2",
            "10.1002/(sici)1099-1700(200003)16:2<109::aid-smi837>3.0.co;2-#",
            "10.1202/0002-8894(2000)061<0636:cofedf>2.0.co;2",
        ],
    )
    def test_keeps_the_angle_brackets_of_an_old_sici(self, sici):
        assert parse_doi(sici.upper()) == sici

    @pytest.mark.parametrize(
        "text",
        [
            None,
            "",
            "10.097/QAD.0b013e32835fd851",
            "10.1234",
            "10.1234/",
            "10.1234/a b",
            "10.12345678901/x",
            "11.1234/x",
            "10.1234/<script>alert(1)</script>",
            '10.1234/"onmouseover="alert(1)',
            "10.1234/a%00b",
            "10.1234/a%0d%0aSet-Cookie:x",
            "10.1234/" + "x" * 250,
            "javascript:10.1234/x",
            "10.1234/\u202ex\u2028y",
        ],
    )
    def test_is_refused_where_it_is_none(self, text):
        assert parse_doi(text) == ""

    def test_is_found_in_a_text_only_where_the_text_says_so(self):
        assert (
            doi_in("Lancet 2005. doi:10.1016/S0140-6736(05)67006-7. PMID: 15992692") == "10.1016/s0140-6736(05)67006-7"
        )
        assert doi_in("See https://doi.org/10.1000/XYZ.") == "10.1000/xyz"
        assert doi_in("Version 10.1000/xyz of the protocol") == ""

    @given(st.text(max_size=80))
    def test_that_was_parsed_parses_to_itself(self, text):
        for candidate in (text, f"10.1234/{text}"):
            doi = parse_doi(candidate)
            assert parse_doi(doi) == doi


class TestNumbers:
    @pytest.mark.parametrize(
        "text", ["21383913", "PMID: 21383913", "pmid21383913", "https://pubmed.ncbi.nlm.nih.gov/21383913/"]
    )
    def test_a_pmid_has_one_spelling(self, text):
        assert parse_pmid(text) == "21383913"

    @pytest.mark.parametrize("text", [None, "", "0", "012", "123456789", "12a", "-1", "１２３", "1" * 5000])
    def test_what_is_no_pmid_is_refused(self, text):
        assert parse_pmid(text) == ""

    def test_a_pmid_is_found_in_a_text_that_announces_it(self):
        assert pmid_in("Ann Intern Med. 1999. PMID: 10068412.") == "10068412"
        assert pmid_in("Ann Intern Med. 1999; 10068412") == ""

    @pytest.mark.parametrize(
        "text",
        [
            "PMC3043309",
            "pmc3043309",
            "PMC3043309.1",
            "https://www.ncbi.nlm.nih.gov/pmc/articles/PMC3043309/",
            "PMCID: PMC3043309",
        ],
    )
    def test_a_pmcid_has_one_spelling(self, text):
        assert parse_pmcid(text) == "PMC3043309"

    @pytest.mark.parametrize("text", [None, "", "3043309", "PMC", "PMC0", "PMCx1"])
    def test_what_is_no_pmcid_is_refused(self, text):
        assert parse_pmcid(text) == ""


class TestCheckCharacters:
    @pytest.mark.parametrize(
        "text",
        [
            "0000-0002-1825-0097",
            "https://orcid.org/0000-0002-1825-0097",
            "0000000218250097",
            "orcid:0000-0002-1825-0097",
        ],
    )
    def test_an_orcid_has_one_spelling(self, text):
        assert parse_orcid(text) == "0000-0002-1825-0097"

    def test_an_orcid_may_end_in_x(self):
        assert parse_orcid("0000-0002-1694-233x") == "0000-0002-1694-233X"

    @pytest.mark.parametrize("text", ["0000-0002-1825-0098", "0000-0002-1825", "", None, "０000-0002-1825-0097"])
    def test_an_orcid_with_a_wrong_check_is_refused(self, text):
        assert parse_orcid(text) == ""

    def test_an_issn_needs_its_check(self):
        assert parse_issn("1177-5475") == "1177-5475"
        assert parse_issn("ISSN 11775475") == "1177-5475"
        assert parse_issn("2434-561x") == "2434-561X"
        assert parse_issn("1177-5476") == ""
        assert parse_issn("") == ""


class TestRegistration:
    @pytest.mark.parametrize(
        ("text", "number"),
        [
            ("NCT01095302", "NCT01095302"),
            ("nct 01095302", "NCT01095302"),
            ("ISRCTN 49952769", "ISRCTN49952769"),
            ("EudraCT number: 2009-011845-32", "2009-011845-32"),
            ("UMIN000012345", "UMIN000012345"),
            ("ACTRN12605000201639", "ACTRN12605000201639"),
            ("ChiCTR-TRC-08000178", "ChiCTR-TRC-08000178"),
            ("chictr1800015049", "ChiCTR1800015049"),
            ("CTRI/2010/091/001111", "CTRI/2010/091/001111"),
            ("DRKS00003555", "DRKS00003555"),
            ("CRD42016033270", "CRD42016033270"),
            ("jRCTs031180312", "jRCTs031180312"),
        ],
    )
    def test_has_one_spelling(self, text, number):
        assert parse_registration(text) == number
        assert parse_registration(number) == number

    @pytest.mark.parametrize("text", ["", None, "NCT123", "2009-01-32", "registered", "GSE38666"])
    def test_is_refused_where_it_is_none(self, text):
        assert parse_registration(text) == ""

    def test_is_found_in_a_sentence(self):
        assert registration_in("Current Controlled Trials ISRCTN49952769.") == "ISRCTN49952769"
        assert registration_in("ClinicalTrials.gov Identifier: NCT01095302, 29 March 2010") == "NCT01095302"
        assert registration_in("No registration.") == ""


class TestRecognising:
    @pytest.mark.parametrize(
        ("text", "found"),
        [
            ("https://doi.org/10.2147/BTT.S9806", ("doi", "10.2147/btt.s9806")),
            ("PMID 12", ("pmid", "12")),
            ("21383913", ("pmid", "21383913")),
            ("pmc3043309", ("pmcid", "PMC3043309")),
            ("0000-0002-1825-0097", ("orcid", "0000-0002-1825-0097")),
            ("NCT01095302", ("registration", "NCT01095302")),
            ("1177-5475", ("issn", "1177-5475")),
            ("2011", None),
            ("minoxidil 5 %", None),
            ("", None),
        ],
    )
    def test_tells_what_a_search_box_was_given(self, text, found):
        assert recognise(text) == found

    @given(st.text(max_size=60))
    def test_takes_anything(self, text):
        assert recognise(text) is None or all(recognise(text))


PARSE = {"doi": parse_doi, "pmid": parse_pmid, "pmcid": parse_pmcid, "registration": parse_registration}
PIECES = [
    "10.", "1234", "/", "abc", "(", ")", "[", "]", "<", ">", "%2f", "%", "doi", ":", " ", ".", ",", ";", "https://", "doi.org",
    "pubmed.ncbi.nlm.nih.gov", "www.", "ncbi.nlm.nih.gov", "/pmc/articles/", "PMC", "PMID", "NCT", "01095302", "12345678",
    "nature.com/articles/", "s41586-020-2649-2", "\u200b", "\u2010", "\u2013", "\uff1a", "?", "&", "=", "#", "\n", "x", "0",
    "10.1002/(SICI)1097-0258(19980815/30)17:15/16<1661::AID-SIM968>3.0.CO;2-2", "EudraCT ", "2009-011845-32", "@", "\x00",
]  # fmt: skip
SPELLINGS = Path(__file__).parent / "files" / "spellings.txt"
ESCAPE = re.compile(r"\\(?:u([0-9a-f]{4})|([nt]))")


def spellings() -> list[tuple[str, list[str]]]:
    def character(match: re.Match[str]) -> str:
        return chr(int(match[1], 16)) if match[1] else {"n": "\n", "t": "\t"}[match[2]]

    rows = []
    for line in SPELLINGS.read_text(encoding="utf-8").split("\n"):
        if line and not line.startswith("#"):
            text, _, named = line.rpartition(" =>")
            rows.append((ESCAPE.sub(character, text), named.split(" + ") if named.strip() else []))
    return [(text, [name.strip() for name in named]) for text, named in rows]


class TestFindingInText:
    def test_knows_three_hundred_spellings(self):
        assert len({text for text, _ in spellings()}) >= 300

    def test_finds_each_in_its_spelling_and_nothing_else(self):
        wrong = [
            (text, named, found)
            for text, named in spellings()
            if (found := [f"{each.kind}:{each.value}" for each in find(text)]) != named
        ]
        assert not wrong

    @pytest.mark.parametrize("around", ["We read {} last week.", "({})", "- {}\n- that", "“{}”", "> {}"])
    def test_finds_them_inside_a_text_too(self, around):
        for text, named in spellings():
            if named:
                assert [f"{each.kind}:{each.value}" for each in find(around.format(text))] == named, text

    def test_tells_where_each_stands_with_its_label(self):
        text = "Both (PMID: 21383913, and\u200b https://doi.org/10.2147/BTT.S98\u200b06)."
        assert [text[each.start : each.end] for each in find(text)] == [
            "PMID: 21383913",
            "https://doi.org/10.2147/BTT.S98\u200b06",
        ]

    @given(st.text(max_size=300))
    def test_takes_anything(self, text):
        self._sound(text)

    @given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join))
    def test_takes_any_mixture_of_pieces(self, text):
        self._sound(text)

    def _sound(self, text):
        end = 0
        for each in find(text):
            assert end <= each.start < each.end <= len(text)
            end = each.end
            assert PARSE[each.kind](each.value) == each.value
            address = address_of(each.kind, each.value)
            assert is_followed(address), address
            assert named_by(address) in (None, (each.kind, each.value))

    @pytest.mark.parametrize(
        "named",
        [
            ("doi", "10.1002/(sici)1097-0258(19980815/30)17:15/16<1661::aid-sim968>3.0.co;2-2"),
            ("doi", "10.1234/a?b#c%d&e"),
            ("pmid", "123"),
            ("pmcid", "PMC123"),
            ("registration", "NCT01095302"),
            ("registration", "ISRCTN49952769"),
        ],
    )
    def test_gives_an_address_that_names_the_same_work(self, named):
        assert named_by(address_of(*named)) == named

    def test_an_address_that_is_no_web_address_names_nothing(self):
        assert named_by("doi:10.1234/abc") is None
        assert named_by("/studies/doi/10.1234/abc") is None
