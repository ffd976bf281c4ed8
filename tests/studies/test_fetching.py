"""Studies asked for by their identifiers: what is pasted, what PubMed, Crossref and OpenAlex answer, what comes of it.

The answers are ours, in the shapes that the three document; real records take their place where they are at hand.
"""

from __future__ import annotations

import json
import re
from urllib.parse import parse_qs, unquote

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from common import fetching as door
from common.fetching import NotFetched, Unreachable, network
from common.models import Pace
from studies.fetching import fetch_crossref, fetch_openalex, fetch_pubmed, find_pmids, read_pasted, request
from studies.fetching import fetched as job
from studies.fetching.requesting import NothingAsked
from studies.importing.record import Refusal, StudyRecord
from studies.jobs.imports import run_import
from studies.models import ImportRun, Study, StudySource
from tests.builders import make_librarian, make_member, make_study
from tests.shared import shared_file

pytestmark = pytest.mark.django_db
State = ImportRun.State


def article(pmid: str, title: str, doi: str = "", pmcid: str = "") -> str:
    ids = "".join(
        f'<ArticleId IdType="{kind}">{value}</ArticleId>'
        for kind, value in (("pubmed", pmid), ("doi", doi), ("pmc", pmcid))
        if value
    )
    return (
        f'<PubmedArticle><MedlineCitation Status="MEDLINE" Owner="NLM"><PMID Version="1">{pmid}</PMID><Article PubModel="Print">'
        f"<Journal><Title>Journal of answers</Title></Journal><ArticleTitle>{title}</ArticleTitle></Article></MedlineCitation>"
        f"<PubmedData><ArticleIdList>{ids}</ArticleIdList></PubmedData></PubmedArticle>"
    )


def work(doi: str, title: str, pmid: str = "") -> dict:
    ids = {"openalex": "https://openalex.org/W1", "doi": f"https://doi.org/{doi}"}
    return {
        "id": "https://openalex.org/W1", "doi": f"https://doi.org/{doi}", "title": title, "display_name": title,
        "publication_year": 2019, "type": "article", "authorships": [], "primary_location": None,
        "ids": ids | ({"pmid": f"https://pubmed.ncbi.nlm.nih.gov/{pmid}"} if pmid else {}),
    }  # fmt: skip


class World:
    """The three hosts, as far as they are asked: what each knows, what goes wrong with each, and what it was asked."""

    def __init__(self) -> None:
        self.articles: dict[str, str] = {}
        self.by_doi: dict[str, str] = {}
        self.by_pmcid: dict[str, str] = {}
        self.messages: dict[str, dict] = {}
        self.works: list[dict] = []
        self.broken: dict[str, httpx2.Response | Exception] = {}
        self.asked: list[tuple[str, str, dict[str, str]]] = []

    def knows(
        self, doi: str = "", pmid: str = "", pmcid: str = "", title: str = "A trial of answers to questions"
    ) -> None:
        if pmid:
            self.articles[pmid] = article(pmid, title, doi, pmcid)
            self.by_doi |= {doi: pmid} if doi else {}
            self.by_pmcid |= {pmcid: pmid} if pmcid else {}
        if doi:
            self.messages[doi] = {
                "DOI": doi, "title": [title], "type": "journal-article", "container-title": ["Journal of answers"],
                "issued": {"date-parts": [[2019, 3]]}, "author": [{"family": "Doe", "given": "Jo"}], "reference-count": 0,
            }  # fmt: skip
            self.works.append(work(doi, title, pmid))

    def __call__(self, asked: httpx2.Request) -> httpx2.Response:
        host, path = asked.url.host, asked.url.path
        sent = asked.url.query if asked.method == "GET" else asked.content
        fields = {name: values[0] for name, values in parse_qs(sent.decode()).items()}
        self.asked.append((host, path, fields))
        if isinstance(fault := self.broken.get(host), Exception):
            raise fault
        if fault:
            return fault
        return {"api.crossref.org": self.crossref, "api.openalex.org": self.openalex}.get(host, self.ncbi)(
            asked, fields
        )

    def ncbi(self, asked: httpx2.Request, fields: dict[str, str]) -> httpx2.Response:
        verb = asked.url.path.removeprefix("/entrez/eutils/").removesuffix(".fcgi")
        if verb == "esearch":
            found = [self.by_doi[doi] for doi in re.findall(r'"(.+?)"\[doi\]', fields["term"]) if doi in self.by_doi]
            result = {"count": str(len(found)), "retmax": "20", "retstart": "0", "idlist": found}
            return httpx2.Response(200, json={"header": {"type": "esearch", "version": "0.3"}, "esearchresult": result})
        if verb == "elink":
            found = [
                self.by_pmcid[f"PMC{number}"] for number in fields["id"].split(",") if f"PMC{number}" in self.by_pmcid
            ]
            links = [{"dbto": "pubmed", "linkname": "pmc_pubmed", "links": found}] if found else []
            linkset = {"dbfrom": "pmc", "ids": fields["id"].split(","), "linksetdbs": links}
            return httpx2.Response(200, json={"header": {"type": "elink", "version": "0.3"}, "linksets": [linkset]})
        found = [self.articles[pmid] for pmid in fields["id"].split(",") if pmid in self.articles]
        head = '<?xml version="1.0" ?>\n<!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD PubMedArticle, 1st January 2025//EN" "https://dtd.nlm.nih.gov/ncbi/pubmed/out/pubmed_250101.dtd">\n'
        return httpx2.Response(200, text=f"{head}<PubmedArticleSet>{''.join(found)}</PubmedArticleSet>")

    def crossref(self, asked: httpx2.Request, fields: dict[str, str]) -> httpx2.Response:
        doi = unquote(asked.url.raw_path.decode().split("?")[0].removeprefix("/works/"))
        if doi not in self.messages:
            return httpx2.Response(404, text="Resource not found.")
        answer = {"status": "ok", "message-type": "work", "message-version": "1.0.0", "message": self.messages[doi]}
        return httpx2.Response(200, json=answer, headers={"X-Rate-Limit-Limit": "50", "X-Rate-Limit-Interval": "1s"})

    def openalex(self, asked: httpx2.Request, fields: dict[str, str]) -> httpx2.Response:
        if "filter" not in fields:
            doi = unquote(asked.url.raw_path.decode().split("?")[0]).removeprefix("/works/doi:")
            one = next((each for each in self.works if each["doi"].endswith(doi)), None)
            return httpx2.Response(200, json=one) if one else httpx2.Response(404, json={"error": "not found"})
        name, _, values = fields["filter"].partition(":")
        wanted = {f"https://doi.org/{value}" for value in values.split("|")}
        wanted |= {f"https://pubmed.ncbi.nlm.nih.gov/{value}" for value in values.split("|")}
        found = [each for each in self.works if each["ids"].get(name) in wanted]
        meta = {"count": len(found), "db_response_time_ms": 3, "page": 1, "per_page": 50}
        return httpx2.Response(200, json={"meta": meta, "results": found, "group_by": []})

    def asked_of(self, host: str) -> list[tuple[str, dict[str, str]]]:
        return [(path, fields) for each, path, fields in self.asked if each == host]


@pytest.fixture
def world(monkeypatch, settings) -> World:
    settings.CONTACT_EMAIL, settings.NCBI_API_KEY, settings.OPENALEX_API_KEY = "keeper@hall.example", "", ""
    world = World()
    monkeypatch.setattr(network, "transport_over", lambda network: httpx2.MockTransport(world))
    monkeypatch.setattr(Pace, "take_turn", lambda host, interval: 0.0)
    monkeypatch.setattr(job.time, "sleep", lambda seconds: None)
    return world


def fetched(text: str, **options) -> ImportRun:
    return done(request(text, member=options.pop("member", None), **options))


def done(run: ImportRun) -> ImportRun:
    run_import(run_id=run.pk)
    run.refresh_from_db()
    return run


def told(run: ImportRun, kind: str) -> list[tuple[str, str]]:
    return [(line.place, line.words) for line in run.lines.filter(kind=kind)]


class TestWhatIsPasted:
    @pytest.mark.parametrize(
        ("text", "wanted"),
        [
            ("10.2147/BTT.S9806", {"doi": ["10.2147/btt.s9806"]}),
            ("https://doi.org/10.1000/a https://dx.doi.org/10.1000/b", {"doi": ["10.1000/a", "10.1000/b"]}),
            ("doi: 10.1000/a; doi:10.1000/b, 10.1000/c|10.1000/d", {"doi": [f"10.1000/{each}" for each in "abcd"]}),
            ("10.1000/a,10.1000/b;10.1000/c", {"doi": ["10.1000/a", "10.1000/b", "10.1000/c"]}),
            ("10.1016/S0140-6736(05)17776-6", {"doi": ["10.1016/s0140-6736(05)17776-6"]}),
            ("10.1002/(SICI)1097-0258(19980815/30)17:15/16<1661::AID-SIM968>3.0.CO;2-2",
             {"doi": ["10.1002/(sici)1097-0258(19980815/30)17:15/16<1661::aid-sim968>3.0.co;2-2"]}),
            ("21383913", {"pmid": ["21383913"]}),
            ("PMID: 123, pmid 456; PMID:789", {"pmid": ["123", "456", "789"]}),
            ("21383913,30527807;30527808|30527809", {"pmid": ["21383913", "30527807", "30527808", "30527809"]}),
            ("https://pubmed.ncbi.nlm.nih.gov/21383913/", {"pmid": ["21383913"]}),
            ("PMC3043309 PMCID: PMC3043310", {"pmcid": ["PMC3043309", "PMC3043310"]}),
            ("https://pmc.ncbi.nlm.nih.gov/articles/PMC3043309/", {"pmcid": ["PMC3043309"]}),
            ("• 10.1000/a.\r\n• (PMID: 21383913)\r\n", {"doi": ["10.1000/a"], "pmid": ["21383913"]}),
            ("10.1000/a 10.1000/A https://doi.org/10.1000/a", {"doi": ["10.1000/a"]}),
            ("“10.1000/a”", {"doi": ["10.1000/a"]}),
        ],
    )  # fmt: skip
    def test_is_read_by_any_separators_and_in_any_spelling(self, text, wanted) -> None:
        assert {kind: values for kind, values in read_pasted(text).wanted.items() if values} == wanted

    def test_what_is_none_is_told_with_the_reason(self) -> None:
        unread = dict(read_pasted("NCT01234567 and 0000-0002-1825-0097, 1177-5475 also 10.x/3 or 123").unread)
        assert "trial's registration" in unread["NCT01234567"]
        assert "person" in unread["0000-0002-1825-0097"] and "journal" in unread["1177-5475"]
        assert "no DOI" in unread["10.x/3"] and "too short" in unread["123"]

    def test_words_between_are_passed_over(self) -> None:
        pasted = read_pasted("See Smith et al. (10.1000/a) and also pubmed 21383913!")
        assert pasted.wanted["doi"] == ["10.1000/a"] and pasted.wanted["pmid"] == ["21383913"]
        assert pasted.unread == []

    @given(st.text(max_size=300))
    def test_never_raises(self, text) -> None:
        for kind, values in read_pasted(text).wanted.items():
            assert all(read_pasted(value).wanted[kind] == [value] for value in values)

    def test_of_any_length_is_read_to_its_end(self) -> None:
        # A regular expression that goes back and forth over one of these would not come to its end.
        for text in ("10.1000/" * 25_000, "pmid " * 40_000, ",;|" * 60_000, "10.1000/a," * 20_000, "https://" * 25_000):
            read_pasted(text)


class TestASource:
    def test_pubmed_is_asked_for_two_hundred_at_a_time_by_post(self, world, settings) -> None:
        settings.NCBI_API_KEY = "the-key"
        for number in range(1, 251):
            world.knows(pmid=str(60_000_000 + number), title=f"Answer number {number} of many")
        records = list(fetch_pubmed(world.articles))
        assert [record.pmid for record in records] == list(world.articles)
        asked = world.asked_of("eutils.ncbi.nlm.nih.gov")
        assert [fields["id"].count(",") + 1 for _, fields in asked] == [200, 50]
        first = asked[0][1]
        assert (first["tool"], first["email"], first["api_key"]) == ("studyhall", "keeper@hall.example", "the-key")

    def test_pubmed_says_nothing_of_what_it_does_not_know(self, world) -> None:
        assert list(fetch_pubmed(["61234567"])) == []
        assert list(fetch_pubmed(["", "x"])) == [] and len(world.asked) == 1

    @pytest.mark.parametrize(
        "text",
        [
            "<html><body>Down for maintenance</body></html>",
            "",
            "{}",
            "\x00",
            "<eFetchResult><ERROR>Cannot</ERROR></eFetchResult>",
        ],
    )
    def test_pubmed_with_anything_but_articles_is_refused(self, world, text) -> None:
        world.broken["eutils.ncbi.nlm.nih.gov"] = httpx2.Response(200, text=text)
        with pytest.raises(NotFetched, match="no list of articles"):
            list(fetch_pubmed(["61234567"]))

    def test_pubmed_cut_off_gives_what_is_whole_and_says_where(self, world) -> None:
        whole = f"<PubmedArticleSet>{article('61234567', 'One')}{article('61234568', 'Two')}"
        world.broken["eutils.ncbi.nlm.nih.gov"] = httpx2.Response(200, text=whole[:-60])
        items = list(fetch_pubmed(["61234567", "61234568"]))
        assert isinstance(items[0], StudyRecord) and isinstance(items[-1], Refusal)

    def test_pmids_are_found_by_doi_and_pmcid(self, world) -> None:
        world.knows("10.1000/a", "61234567")
        world.knows(pmid="61234568", pmcid="PMC77")
        assert find_pmids(["10.1000/a", "10.1000/none"], ["PMC77", "PMC78"]) == ["61234567", "61234568"]

    def test_crossref_is_asked_for_each_doi_with_its_signs_encoded(self, world) -> None:
        odd = "10.1002/(sici)1097-0258(19980815)17:15<1661::aid-sim968>3.0.co;2-2"
        world.knows(odd)
        assert [record.doi for record in fetch_crossref([odd, "10.1000/none"])] == [odd]
        assert all(fields == {"mailto": "keeper@hall.example"} for _, fields in world.asked_of("api.crossref.org"))

    @pytest.mark.parametrize("answer", [[], {}, {"message": []}, {"message": None}, "text", 5, None])
    def test_crossref_in_another_shape_is_refused(self, world, answer) -> None:
        world.broken["api.crossref.org"] = httpx2.Response(200, content=json.dumps(answer))
        with pytest.raises(NotFetched, match="another shape"):
            list(fetch_crossref(["10.1000/a"]))

    def test_a_message_that_is_no_study_is_told_as_refused(self, world) -> None:
        world.messages["10.1000/a"] = {"DOI": "10.1000/a"}
        (refusal,) = fetch_crossref(["10.1000/a"])
        assert isinstance(refusal, Refusal) and refusal.place == "Crossref, 10.1000/a"

    def test_openalex_is_asked_for_fifty_at_a_time(self, world, settings) -> None:
        settings.OPENALEX_API_KEY = "the-key"
        dois = [f"10.1000/{number}" for number in range(120)]
        for doi in dois:
            world.knows(doi)
        assert [record.doi for record in fetch_openalex(dois)] == dois
        asked = world.asked_of("api.openalex.org")
        assert [fields["filter"].count("|") + 1 for _, fields in asked] == [50, 50, 20]
        assert asked[0][1]["api_key"] == "the-key" and asked[0][1]["per-page"] == "50"

    def test_openalex_is_asked_alone_for_a_doi_whose_signs_would_break_the_question(self, world) -> None:
        world.knows("10.1000/a,b")
        world.knows("10.1000/c")
        assert [record.doi for record in fetch_openalex(["10.1000/a,b", "10.1000/c"])] == ["10.1000/c", "10.1000/a,b"]
        assert "," not in world.asked_of("api.openalex.org")[0][1]["filter"]

    def test_openalex_is_asked_by_pmid_too(self, world) -> None:
        world.knows("10.1000/a", "61234567")
        assert [record.doi for record in fetch_openalex(pmids=["61234567"])] == ["10.1000/a"]


class TestARequest:
    def test_brings_a_study_with_the_record_of_each_source(self, world) -> None:
        world.knows("10.1000/a", "61234567", "PMC77")
        run = fetched("10.1000/A")
        assert (run.state, run.report["found"], run.done) == (State.DONE, 1, 1)
        study = Study.objects.get()
        assert (study.doi, study.pmid, study.pmcid) == ("10.1000/a", "61234567", "PMC77")
        assert set(study.sources.values_list("kind", flat=True)) == {"pubmed", "crossref", "openalex"}

    @pytest.mark.parametrize("asked", ["61234567", "PMC77", "https://doi.org/10.1000/a", "10.1000/a 61234567 PMC77"])
    def test_finds_the_same_study_by_any_of_its_identifiers(self, world, asked) -> None:
        world.knows("10.1000/a", "61234567", "PMC77")
        run = fetched(asked)
        assert Study.objects.get().sources.count() == 3
        assert run.report["found"] == run.total and not told(run, "unknown")

    def test_tells_what_nobody_knows(self, world) -> None:
        world.knows("10.1000/a")
        run = fetched("10.1000/a 10.1000/none 61234567")
        assert run.state == State.DONE and run.report["found"] == 1
        assert [place for place, _ in told(run, "unknown")] == ["10.1000/none", "61234567"]
        assert "Neither PubMed nor Crossref nor OpenAlex" in told(run, "unknown")[0][1]

    def test_takes_nothing_that_was_not_asked_for(self, world) -> None:
        world.knows("10.1000/a", "61234567")
        world.by_doi["10.1000/b"] = "61234567"  # a search that finds something else
        fetched("10.1000/b")
        assert not Study.objects.exists()

    def test_tells_at_once_what_is_here_and_does_not_fetch_it(self, world) -> None:
        study = make_study(doi="10.1000/here")
        run = request("10.1000/here NCT01234567", member=None)
        assert run.state == State.DONE and run.lines.get(kind="here").study == study
        assert [place for place, _ in told(run, "unread")] == ["NCT01234567"]
        assert world.asked == []

    def test_fetches_it_again_where_that_is_wanted(self, world) -> None:
        make_study(doi="10.1000/here")
        world.knows("10.1000/here")
        run = fetched("10.1000/here", refresh=True)
        assert run.report["found"] == 1 and StudySource.objects.exists()

    @pytest.mark.parametrize("text", ["", "nothing here", "NCT01234567", "?", [], ["", "x"]])
    def test_for_nothing_is_refused_with_a_sentence(self, text) -> None:
        with pytest.raises(NothingAsked, match="no DOI, PMID or PMCID"):
            request(text, member=None)
        assert not ImportRun.objects.exists()

    def test_for_too_much_is_refused_with_a_sentence(self) -> None:
        with pytest.raises(NothingAsked, match="in parts"):
            request([f"10.1000/{number}" for number in range(1001)], member=None)

    def test_of_five_hundred_goes_in_parts_and_comes_whole(self, world, monkeypatch) -> None:
        monkeypatch.setattr(job, "PART", 4)
        dois = [f"10.1000/many.{number}" for number in range(10)]
        for number, doi in enumerate(dois):
            world.knows(doi, title=f"Answer number {number} of very many answers")
        run = fetched(" ".join(dois))
        assert (run.report["found"], run.position, Study.objects.count()) == (10, 10, 10)

    def test_goes_on_where_a_worker_died(self, world, monkeypatch) -> None:
        monkeypatch.setattr(job, "PART", 1)
        for name in ("a", "b"):
            world.knows(f"10.1000/{name}", title=f"A rather long title of answer {name}")
        run = request("10.1000/a 10.1000/b", member=None)
        store, stored = job.store, []

        def killed(*arguments, **options):
            if stored:
                raise job_killed
            stored.append(1)
            store(*arguments, **options)

        job_killed = door_closed = KeyboardInterrupt()
        monkeypatch.setattr(job, "store", killed)
        with pytest.raises(KeyboardInterrupt):
            run_import(run_id=run.pk)
        assert door_closed is job_killed and Study.objects.count() == 1
        ImportRun.objects.update(lease_until=None)
        monkeypatch.setattr(job, "store", store)
        before = len(world.asked_of("api.crossref.org"))
        assert done(run).state == State.DONE
        assert run.report["found"] == 2 and run.report["new"] == 2
        assert len(world.asked_of("api.crossref.org")) == before + 1


class TestWithoutAnswers:
    def test_no_network_fails_with_a_sentence_and_can_be_run_again(self, world) -> None:
        world.knows("10.1000/a")
        for host in door.HOSTS:
            world.broken[host] = httpx2.ConnectError("no route to host")
        run = fetched("10.1000/a")
        assert run.state == State.FAILED and "could not be reached" in run.failure and "Run it again" in run.failure
        assert run.position == 0 and not told(run, "unknown")
        world.broken.clear()
        assert run.run_again()
        assert done(run).state == State.DONE and Study.objects.count() == 1 and run.failure == ""

    @pytest.mark.parametrize(
        "fault",
        [httpx2.Response(429), httpx2.Response(500), httpx2.ReadTimeout("slow"), httpx2.Response(200, html="<html></html>"),
         httpx2.RemoteProtocolError("cut off"), httpx2.Response(302, headers={"Location": "https://evil.example/"}),
         httpx2.Response(403), httpx2.Response(200, content=b"x" * (door.XML_LIMIT + 1))],
        ids=["too many", "broken", "slow", "a page", "cut off", "elsewhere", "shut out", "oversized"],
    )  # fmt: skip
    @pytest.mark.parametrize("host", ["eutils.ncbi.nlm.nih.gov", "api.crossref.org", "api.openalex.org"])
    def test_one_silent_source_is_told_and_the_others_serve(self, world, fault, host) -> None:
        world.knows("10.1000/a", "61234567")
        world.broken[host] = fault
        run = fetched("10.1000/a 10.1000/none")
        assert run.state == State.DONE and list(run.report["unanswered"]) == [door.HOSTS[host].title]
        assert Study.objects.get().sources.count() == 2
        assert f"{door.HOSTS[host].title} did not answer" in told(run, "unknown")[0][1]
        world.broken.clear()
        assert run.can_run_again and run.run_again()
        assert done(run).report["unanswered"] == {} and Study.objects.get().sources.count() == 3

    def test_a_silent_source_is_asked_once_and_not_for_every_part(self, world, monkeypatch) -> None:
        monkeypatch.setattr(job, "PART", 1)
        for name in "abc":
            world.knows(f"10.1000/{name}", title=f"A rather long title of answer {name}")
        world.broken["api.openalex.org"] = httpx2.ConnectError("no")
        fetched("10.1000/a 10.1000/b 10.1000/c")
        assert len(world.asked_of("api.openalex.org")) == door.TRIES

    def test_a_cancel_ends_the_waiting(self, world) -> None:
        run = request("10.1000/a", member=None)

        def slow(asked):
            ImportRun.objects.get(pk=run.pk).cancel()
            return httpx2.Response(503)

        world.crossref = world.openalex = world.ncbi = lambda asked, fields: slow(asked)
        assert done(run).state == State.CANCELLED and len(world.asked) == 1

    def test_unreachable_is_what_jobs_may_try_again(self, world) -> None:
        world.broken["api.crossref.org"] = httpx2.ConnectError("no")
        with door.Client(pause=lambda seconds: None) as client, pytest.raises(Unreachable):
            list(fetch_crossref(["10.1000/a"], client=client))


class TestThePage:
    def post(self, client, text, **fields):
        import uuid

        return client.post(
            "/librarians/import/identifiers/", {"ids-token": uuid.uuid4(), "ids-identifiers": text, **fields}
        )

    def test_takes_a_paste_and_leads_to_the_run(self, client, world) -> None:
        librarian = make_librarian()
        client.force_login(librarian)
        answer = self.post(client, "10.1000/a\n61234567")
        run = ImportRun.objects.get()
        assert answer.status_code == 302 and answer["Location"] == run.get_absolute_url()
        assert run.asked_by == librarian and run.total == 2 and run.title == "2 identifiers"
        page = client.get(run.get_absolute_url()).content.decode()
        assert "0 of 2" in page

    def test_twice_is_one_run(self, client, world) -> None:
        client.force_login(make_librarian())
        token = "6f1c9d1e-9f0e-4a7c-8f2e-0a6b5f4d3c2b"
        for _ in range(2):
            assert self.post(client, "10.1000/a", **{"ids-token": token}).status_code == 302
        assert ImportRun.objects.count() == 1

    def test_gives_back_what_was_typed_where_nothing_was_understood(self, client) -> None:
        client.force_login(make_librarian())
        answer = self.post(client, "NCT01234567 <b>&")
        page = answer.content.decode()
        assert (
            answer.status_code == 422 and "trial&#x27;s registration" in page and "NCT01234567 &lt;b&gt;&amp;" in page
        )

    def test_is_not_for_members(self, client) -> None:
        client.force_login(make_member())
        assert self.post(client, "10.1000/a").status_code == 403 and not ImportRun.objects.exists()

    def test_says_whether_the_sources_are_told_who_asks(self, client, settings) -> None:
        client.force_login(make_librarian())
        settings.CONTACT_EMAIL = ""
        assert "CONTACT_EMAIL" in client.get("/librarians/import/").content.decode()
        settings.CONTACT_EMAIL = "keeper@hall.example"
        assert "CONTACT_EMAIL" not in client.get("/librarians/import/").content.decode()


class TestRealRecords:
    def test_of_pubmed(self, world) -> None:
        body = shared_file("records/pubmed/efetch_93.xml").read_text()
        articles = re.findall(r"<PubmedArticle>.*?</PubmedArticle>", body, re.DOTALL)
        for each in articles:
            world.articles[re.search(r"<PMID[^>]*>(\d+)<", each)[1]] = each
        run = fetched(" ".join(list(world.articles)[:30]))
        assert run.state == State.DONE and run.report["found"] == 30
        assert Study.objects.filter(pmid__in=list(world.articles)[:30]).count() == 30

    def test_of_openalex(self, world) -> None:
        answer = json.loads(shared_file("records/openalex/openalex_works.json").read_text())
        world.openalex = lambda asked, fields: httpx2.Response(200, json=answer)
        dois = [each["doi"] for each in answer["results"] if each.get("doi")]
        records = [item for item in fetch_openalex(dois) if isinstance(item, StudyRecord)]
        assert {record.doi for record in records} == {doi.removeprefix("https://doi.org/").lower() for doi in dois}
