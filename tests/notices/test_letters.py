"""Mail at once: one for each thing, to whom it concerns, and none for what was read or taken back in time."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.core import mail
from django.db import connection, connections, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from forum.models import Post
from notices import digests, following, letters, muting
from notices.kinds import all_kinds
from notices.models import Digest, Follow, Letter, Mail, MailAllowance, Notification, Preference
from notices.telling import News, tell, tell_followers
from notices.unsubscribing import ALL, token_for
from tests.builders import (
    confirmed,
    make_category,
    make_comment,
    make_member,
    make_moderator,
    make_post,
    make_study,
)
from tests.notices.conftest import run

pytestmark = pytest.mark.django_db

RETRACTED = {"kind": "standing", "key": "retraction:1", "words": "A study is retracted", "url": "/studies/1/"}


def make_reader(name: str = "", *, kinds=("reply", "mention", "new_comments", "new_posts", "standing")):
    """A member with a confirmed address who wants these kinds by mail at once."""
    member = confirmed(make_member(name))
    Preference.objects.bulk_create(Preference(member=member, kind=kind, place="mail") for kind in kinds)
    return member


def sent() -> list[mail.EmailMultiAlternatives]:
    """What goes into the outbox once the grace is over."""
    before = len(mail.outbox)
    Letter.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    letters.write_due()
    return mail.outbox[before:]


class TestALetter:
    def test_is_written_with_the_notification_and_by_the_same_statement(self):
        reader, without = make_reader(), make_member()
        with CaptureQueriesContext(connection) as queries:
            assert tell([reader, without], **RETRACTED) == 2
        assert Letter.objects.get().member == reader
        assert len(queries) == 2  # the telling, and the job for when the grace is over

    def test_of_what_is_rolled_back_was_never_written_nor_was_its_job(self):
        reader = make_reader()
        with transaction.atomic():
            tell([reader], **RETRACTED)
            transaction.set_rollback(True)
        assert not Letter.objects.exists()
        assert not letters.write_due()

    def test_waits_for_its_grace_and_becomes_one_mail_however_often_the_job_runs(self):
        reader = make_reader()
        tell([reader], **RETRACTED)
        assert not letters.write_due()
        [message] = sent()
        assert message.to == [reader.email] and message.subject == "A study is retracted"
        tell([reader], **RETRACTED)
        assert not sent()

    def test_becomes_none_for_who_is_not_confirmed_is_away_or_has_chosen_otherwise(self):
        unconfirmed, gone, changed, moved = (make_reader() for _ in range(4))
        tell([unconfirmed, gone, changed, moved], **RETRACTED)
        unconfirmed.emailaddress_set.update(verified=False)
        type(gone).objects.filter(pk=gone.pk).update(is_active=False)
        Preference.objects.filter(member=changed).update(place="site")
        type(moved).objects.filter(pk=moved.pk).update(email="new@example.org")  # not confirmed yet
        assert Letter.objects.count() == 4
        assert not sent()
        assert not Letter.objects.exists()

    @pytest.mark.parametrize("change", ["read one", "read all", "hide", "hide the post", "delete", "edit out"])
    def test_becomes_none_where_it_was_read_hidden_deleted_or_edited_out_in_time(self, change: str, client: Client):
        reader, post = make_reader("reader_one"), make_post()
        comment = make_comment(post, body="@reader_one, look")
        told = Notification.objects.get(member=reader)
        client.force_login(reader)
        if change == "read one":
            client.post(f"/notifications/{told.pk}/open/")
        elif change == "read all":
            client.post("/notifications/read/", {"until": timezone.now().isoformat()})
        elif change == "hide":
            comment.hide(make_moderator(), "Rude")
        elif change == "hide the post":
            post.hide(make_moderator(), "Rude")
        elif change == "delete":
            comment.delete_by_author()
        else:
            comment.edit(body="look", version=1)
        assert not sent()
        assert not Letter.objects.exists()

    def test_becomes_none_where_its_reader_has_the_comment_before_them_but_not_by_another_page(self, client: Client):
        reader, post = make_reader("reader_one"), make_post()
        make_comment(post, body="@reader_one, look")
        client.force_login(reader)
        client.head(post.get_absolute_url())
        client.get(post.get_absolute_url(), headers={"Sec-Purpose": "prefetch"})
        client.get(make_post().get_absolute_url())
        assert Letter.objects.exists() and Notification.objects.of(reader).unread().exists()
        assert "bell__count" not in client.get(post.get_absolute_url()).content.decode()
        assert not Letter.objects.exists() and not Notification.objects.of(reader).unread().exists()

    def test_is_not_lost_when_something_is_hidden_and_shown_again_in_time(self):
        reader, post, moderator = make_reader("reader_one"), make_post(), make_moderator()
        comment = make_comment(post, body="@reader_one, look")
        comment.hide(moderator, "Rude")
        comment.unhide(moderator, "It was not")
        assert [message.to for message in sent()] == [[reader.email]]

    def test_tells_the_words_as_they_are_when_it_leaves(self):
        make_reader("reader_one")
        comment = make_comment(make_post(), body="@reader_one, **ten** drops")
        comment.edit(body="@reader_one, **two** drops", version=1)
        [message] = sent()
        assert "two drops" in message.body and "ten" not in message.body + message.alternatives[0][0]


class TestCrowds:
    def test_comments_that_come_while_one_waits_are_one_mail(self):
        reader, post = make_reader(), make_post(title="Foam")
        following.follow(reader, post)
        for number in range(3):
            make_comment(post, body=f"Drop {number}")
        [message] = sent()
        assert "3 new comments on “Foam”" in message.body
        assert all(f"Drop {number}" in message.body for number in range(3))
        make_comment(post, body="Drop 4")
        [message] = sent()
        assert "Drop 4" in message.body and "Drop 2" not in message.body

    def test_a_hidden_one_of_them_is_left_out(self):
        reader, post = make_reader(), make_post()
        following.follow(reader, post)
        make_comment(post, body="Good words")
        make_comment(post, body="Bad words").hide(make_moderator(), "Rude")
        [message] = sent()
        assert "Good words" in message.body and "Bad words" not in message.body

    def test_what_exceeds_the_hour_waits_and_then_comes_together(self, settings):
        settings.MAILS_AN_HOUR = 2
        reader, other = make_reader(), make_reader()
        for number in range(3):
            tell([reader], **RETRACTED | {"key": str(number)})
        assert len(sent()) == 2
        assert not sent()
        for number in range(3, 9):
            tell([reader, other], **RETRACTED | {"key": str(number), "words": f"News {number}"})
        [message] = sent()  # to the other alone
        assert message.to == [other.email] and message.subject.endswith("6 notifications")
        assert Letter.objects.filter(member=reader).count() == 7
        MailAllowance.objects.update(recent=[timezone.now() - timedelta(minutes=61)])
        [message] = sent()
        assert message.to == [reader.email] and "7 notifications" in message.subject
        assert all(f"News {number}" in message.body for number in range(3, 9))
        assert not Letter.objects.exists()

    def test_cost_each_member_the_same_however_much_waits(self):
        def cost(rows: int) -> int:
            reader, post = make_reader(), make_post()
            for _ in range(rows):
                tell([reader], **RETRACTED | {"key": str(timezone.now())})
                make_comment(post, body=f"@{reader}, look")
            Letter.objects.update(due_at=timezone.now())
            with CaptureQueriesContext(connection) as queries:
                assert letters.write_due() == 1
            return len(queries)

        assert cost(2) == cost(12)


class TestMessages:
    def test_of_one_thread_stay_together_in_a_mail_reader(self):
        reader = make_reader("reader_one")
        author = make_member("ada")
        following.follow(reader, author)
        post = make_post(author=author, title="Foam or solution", body="Which one?")
        following.follow(reader, post)
        [first] = sent()
        answer = make_comment(post, body="Foam.")
        [second] = sent()
        below = make_comment(post, body="@reader_one, why?", parent=answer)
        [third] = sent()
        names = [message.message()["Message-ID"] for message in (first, second, third)]
        assert names == [f"<post-{post.pk}@localhost>", *(f"<comment-{each.pk}@localhost>" for each in (answer, below))]
        assert "In-Reply-To" not in first.message()
        assert (second.message()["In-Reply-To"], second.message()["References"]) == (names[0], names[0])
        assert (third.message()["In-Reply-To"], third.message()["References"]) == (names[1], " ".join(names[:2]))
        subjects = [message.subject for message in (first, second, third)]
        assert subjects == ["[Studyhall] Foam or solution", *["Re: [Studyhall] Foam or solution"] * 2]
        make_comment(post, body="One more")
        make_comment(post, body="And one")
        [together] = sent()
        assert together.message()["In-Reply-To"] == names[0] and "comment-" not in together.message()["Message-ID"]

    def test_say_in_text_and_html_what_was_said_and_nothing_live(self):
        make_reader("reader_one")
        make_comment(make_post(author=make_member("ada"), title="<b>Foam</b>"), author=make_member("ben"),
                     body="@reader_one <script>alert(1)</script> **bold** [x](https://e.example) & more")  # fmt: skip
        [message] = sent()
        text, html = message.body, message.alternatives[0][0]
        assert "ben mentioned you in a comment on “<b>Foam</b>”" in text and "bold" in text
        assert "&lt;b&gt;Foam&lt;/b&gt;" in html
        assert not any(live in html for live in ("<b>", "<script", "<img", "style=", "e.example"))
        assert "http://localhost:8000/comments/" in text
        assert "because you chose" in text and "because you chose" in html
        assert "/unsubscribe/" in text and "/unsubscribe/" in html and "/settings/notices/" in text

    @pytest.mark.parametrize(
        "title", ["Hi\r\nBcc: evil@example.org", "Hi\nX-Evil: 1", "Hi\x00\u2028Bcc: x@example.org"]
    )
    def test_take_no_header_from_a_title(self, title: str, folder):
        make_reader("reader_one")
        post = make_post()
        # A title cannot hold this by any form; if it ever did:
        Post.objects.filter(pk=post.pk).update(title=title.replace("\x00", "\x0b"))
        make_comment(Post.objects.get(pk=post.pk), body="@reader_one, look")
        sent()
        message = Mail.objects.get().as_message().message()
        assert "Bcc" not in message and "X-Evil" not in message
        assert "\n" not in message["Subject"] and "\r" not in message["Subject"]

    def test_name_their_list_and_how_to_end_it(self, client: Client):
        reader = make_reader()
        tell([reader], **RETRACTED)
        headers = sent()[0].extra_headers
        assert headers["List-Id"] == "<standing.localhost>"
        assert headers["Auto-Submitted"] == "auto-generated"
        assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        address = headers["List-Unsubscribe"].strip("<>").removeprefix("http://localhost:8000")
        reader_of_mail = Client(enforce_csrf_checks=True)
        assert "retracted, corrected" in reader_of_mail.get(address).content.decode()
        assert Preference.objects.get(member=reader, kind="standing").place == "mail"
        for _ in range(2):
            assert reader_of_mail.post(address, {"List-Unsubscribe": "One-Click"}).status_code == 200
        places = dict(Preference.objects.filter(member=reader).values_list("kind", "place"))
        assert places["standing"] == "site" and places["reply"] == "mail"

    def test_of_several_kinds_end_them_all(self, client: Client):
        reader, other = make_reader(), make_reader()
        client.post(f"/unsubscribe/{token_for(reader, ALL)}/")
        assert not Preference.objects.filter(member=reader, place="mail").exists()
        assert Preference.objects.filter(member=other, place="mail").exists()


class TestAStaleMail:
    """One that stands in the outbox (the mail server was away) while what it tells of changes."""

    def queued(self, reader) -> Mail:
        sent()
        return Mail.objects.get(member=reader)

    def test_is_not_sent_when_it_was_read_or_hidden_or_ended(self, folder):
        moderator = make_moderator()
        for change in ("read", "hide", "end"):
            reader, post = make_reader(), make_post()
            comment = make_comment(post, body=f"@{reader}, look")
            queued = self.queued(reader)
            if change == "read":
                Notification.objects.of(reader).mark_read()
            elif change == "hide":
                comment.hide(moderator, "Rude")
            else:
                Preference.objects.filter(member=reader).update(place="site")
            run(queued.pk)
            assert not Mail.objects.exists() and not folder.exists()

    def test_of_several_is_written_anew_without_the_one_that_was_hidden(self, folder):
        reader, post = make_reader(), make_post()
        following.follow(reader, post, Follow.Level.EVERYTHING)
        make_comment(post, body="Good words")
        bad = make_comment(post, body="Bad words")
        queued = self.queued(reader)
        bad.hide(make_moderator(), "Rude")
        run(queued.pk)
        assert not folder.exists()
        again = self.queued(reader)
        run(again.pk)
        [file] = folder.iterdir()
        assert b"Good words" in file.read_bytes() and b"Bad words" not in file.read_bytes()

    def test_is_not_sent_twice_when_a_worker_died_between_sending_and_noting_it(self, folder):
        reader = make_reader()
        tell([reader], **RETRACTED)
        queued = self.queued(reader)
        assert Mail.claim(queued.pk) is not None  # a worker took it, and was never heard of again
        run(queued.pk)
        assert Mail.objects.exists() and not folder.exists()  # it may be at it still
        Mail.objects.update(handed_at=timezone.now() - timedelta(minutes=11))
        run(queued.pk)
        assert not Mail.objects.exists() and not folder.exists()


def test_the_settings_page_offers_mail_at_once(client: Client):
    member = make_member()
    client.force_login(member)
    assert client.post("/settings/notices/", {kind.name: "mail" for kind in all_kinds()}).status_code == 302
    tell([member], **RETRACTED)
    assert Letter.objects.filter(member=member).exists()


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_make_one_mail_of_each_letter():
    readers = [make_reader() for _ in range(6)]
    tell(readers, **RETRACTED)
    Letter.objects.update(due_at=timezone.now())
    start = threading.Barrier(3)

    def work() -> None:
        start.wait()
        letters.write_due()
        connections.close_all()

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(message.to[0] for message in mail.outbox) == sorted(reader.email for reader in readers)


class TestMuting:
    @pytest.mark.parametrize("kind", ["member", "tag", "category", "post"])
    def test_keeps_everything_of_the_muted_thing_away(self, kind: str):
        reader, other, author = make_reader("reader_one"), make_reader("reader_two"), make_member()
        category = make_category()
        post = make_post(category=category, tags=["foam"])
        thing = {"member": author, "tag": post.tags.get(), "category": category, "post": post}[kind]
        for each in (reader, other):
            following.follow(each, post)
            following.follow(each, category)
        mine = make_comment(post, author=reader)
        muting.mute(reader, kind, thing.pk)
        Notification.objects.all().delete()
        make_comment(post, author=author, body="@reader_one, @reader_two, look")
        make_comment(post, author=author, body="No", parent=mine)
        make_comment(post, author=author, body="And so on")
        if kind != "post":
            make_post(author=author, category=category, tags=["foam"])
        assert not Notification.objects.filter(member=reader).exclude(kind="upvotes").exists()
        assert Notification.objects.filter(member=other).count() == (2 if kind == "post" else 3)

    def test_after_the_telling_keeps_it_out_of_the_mail_and_the_digest(self):
        reader, author = make_reader("reader_one", kinds=["mention"]), make_member()
        following.follow(reader, author)
        make_comment(author=author, body="@reader_one, look")
        make_post(author=author, title="Foam")
        muting.mute(reader, "member", author.pk)
        assert not sent()
        Digest.choose(reader, "day")
        Digest.objects.update(due_at=timezone.now(), told_until=timezone.now() - timedelta(hours=1))
        assert digests.send_due() == 0

    def test_a_tag_that_is_followed_too_keeps_its_new_studies_away(self):
        reader, study = make_member(), make_study(tags=["foam"])
        tag = study.tags.get()
        following.follow(reader, tag)
        muting.mute(reader, "tag", tag.pk)
        assert tell_followers(type(tag), [News(tag.pk, "n", "One", "many", "/", 1)], kind="new_studies") == 0


class TestPseudonyms:
    def test_are_all_that_mails_know_of_who_wrote(self):
        author, reader = make_member("truename_one"), make_reader("reader_one")
        category = make_category()
        category.allows_pseudonyms = True
        category.save()
        following.follow(reader, category)
        post = make_post(author=author, category=category, body="Hello @reader_one", masked=True)
        following.follow(reader, post)
        make_comment(post, author=author, body="And more")
        messages = sent()
        assert len(messages) == 2
        for message in messages:
            whole = message.message().as_string() + message.body + message.alternatives[0][0]
            assert post.pseudonym in whole and "truename_one" not in whole
