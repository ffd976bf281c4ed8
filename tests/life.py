"""One member's whole life on the site, for what must hold of all of it: taking it along, and leaving."""

from __future__ import annotations

import json
import uuid
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.backends.db import SessionStore
from django.core.mail import EmailMessage
from django.utils import timezone
from pghistory.models import Context

from accounts.models import Flair, Member
from forum import polls, reactions, saving, visits
from forum.history import remove_version, revisions_of
from forum.models import Draft, Poll, PollOption, ReactionKind, Visit, WaitingEdit
from moderation import audit, reporting, trust
from moderation.models import (
    Allowance,
    Appeal,
    AppealMessage,
    Award,
    Flag,
    Held,
    MemberNote,
    Sanction,
    Trace,
)
from notices import muting
from notices.following import follow
from notices.models import Device, Digest, FeedKey, Mail, MailAllowance, Preference, RefusedMail
from notices.telling import tell
from studies.models import (
    Correction,
    ErrorReport,
    ImportRun,
    ReadingList,
    SavedSearch,
    SavedStudy,
    StudyChange,
    StudySuggestion,
    Summary,
    SummaryDraft,
    SummaryProposal,
)
from tests.builders import make_category, make_comment, make_member, make_picture, make_post, make_study


class Life:
    """What ``member`` has done here, each time in words that hold ``mark``; and ``friend``, who answered."""

    def __init__(self, name: str, mark: str, *, friend: Member | None = None) -> None:
        self.mark = mark
        self.member = member = make_member(name, email=f"{name}@{mark}.example")
        EmailAddress.objects.create(user=member, email=member.email, verified=True, primary=True)
        EmailAddress.objects.create(user=member, email=f"second@{mark}.example")
        member.describe(f"I am {mark}.")
        self.friend = friend or make_member(f"friend-of-{name}"[:24])
        self.category = make_category()
        self.write()
        self.keep()
        self.give()
        self.account()

    def say(self, what: str) -> str:
        return f"{what}, {self.mark}"

    def write(self) -> None:
        member, friend, say = self.member, self.friend, self.say
        self.post = make_post(
            author=member, category=self.category, title=say("A title"), body=say("A body"), own_gist=say("A gist"),
            tags=["acne"],
        )  # fmt: skip
        self.post.edit(
            category=self.category, title=say("Another title"), body=say("Other words"), tags=["acne"], version=1,
            reason=say("Because"), own_gist=say("A gist"),
        )  # fmt: skip
        remove_version("post", self.post, revisions_of("post", self.post).get().pk, member, say("Take it out"))
        self.alone = make_post(author=member, category=self.category, title=say("Nobody answers"), body=say("Alone"))
        self.answer = make_comment(self.post, author=friend, body=f"I agree, @{member.username}.")
        self.comment = make_comment(self.post, author=member, body=say("A comment"), parent=self.answer)
        self.reply = make_comment(self.post, author=friend, body="So it is.", parent=self.comment)
        self.comment.edit(body=say("A better comment"), version=1, reason=say("Better"))
        self.theirs = make_post(author=friend, category=self.category, body=f"What does @{member.username} say?")
        self.there = make_comment(self.theirs, author=member, body=say("This"))
        quote = f"> [{member.username} wrote]({self.there.get_absolute_url()}):\n>\n> This\n\nI see."
        make_comment(self.theirs, author=friend, body=quote)
        make_post(author=friend, category=self.category, body=quote)
        self.masked = make_post(author=member, category=self.category, title=say("Hidden"), body=say("I"), masked=True)
        self.masked.refresh_from_db()
        self.under_mask = make_comment(self.masked, author=member, body=say("Still I"))
        self.theirs.upvote(member)
        self.answer.upvote(member)
        self.post.upvote(friend)
        self.comment.upvote(friend)
        Draft.objects.create(
            member=member, kind="post_new", fields={"body": say("A draft")}, updated_at=timezone.now()
        )  # fmt: skip
        reporting.report(self.theirs, "post", member, "rude", say("A report"))
        reporting.report(self.post, "post", friend, "rude", "This is rude.")
        reporting.report(member, "member", friend, "rude", "They are rude.")

    def keep(self) -> None:
        member, say = self.member, self.say
        self.study = make_study("A study", tags=["acne"])
        SavedStudy.objects.create(member=member, study=self.study, note=say("A note"))
        SavedSearch.objects.create(member=member, name=say("A search"), query=f"q={self.mark}")
        self.list = ReadingList.start(member, title=say("A list"), description=say("Described"), is_public=True)
        self.list.add(self.study, note=say("An entry"))
        follow(member, self.study)
        follow(member, self.friend)
        follow(self.friend, member)
        Preference.objects.create(member=member, kind="reply", place="site")
        Digest.choose(member, "day")
        FeedKey.renew(member)
        tell([member], kind="standing", key=f"k{member.pk}", words=say("News"), url="/")

    def give(self) -> None:
        member, say, study = self.member, self.say, self.study
        StudySuggestion.ask("doi", f"10.1000/{uuid.uuid4()}", member, say("A reason"))
        ErrorReport.send(study, member, kind="other", words="The year is wrong.")
        Correction.send(study, member, field="volume", before="", after="7", reason=say("It says so"))
        SummaryProposal.send(study, member, tldr="It helps.", body="It does.", reason=say("I read it"))
        SummaryDraft.objects.create(study=study, member=member, status="done")
        Summary.write(study, editor=member, writer=member, version=0, tldr="It helps.", body="It does.")
        StudyChange.record(
            study, StudyChange.Kind.EVIDENCE, "Something changed.", actor=member,
            before={"written_by": member.username}, after={},
        )  # fmt: skip
        ImportRun.objects.create(asked_by=member, kind="identifiers", title="One", reason=say("Needed"))

    def account(self) -> None:
        member = self.member
        Authenticator.objects.create(user=member, type="totp", data={"secret": self.mark})
        session = SessionStore()
        session.create()
        UserSession.objects.create(
            user=member, ip="192.0.2.0", session_key=session.session_key, user_agent=self.say("A browser")
        )
        audit.write("signed in", actor=member, target=member)
        EmailMessage(subject=self.say("Hello"), body=self.say("Words"), to=[member.email]).send()
        Mail.of(EmailMessage(subject="Hello", body="Your code", to=[f"second@{self.mark}.example"])).save()
        message = EmailMessage(subject="Hello", body=self.say(f"A code for {member.username}"), to=[member.email])
        Mail.of(message).save()

    def fill(self, moderator: Member) -> None:
        """What few members have all of: polls, pictures, devices, mutes, what waits, what moderators keep of them."""
        member, friend, say = self.member, self.friend, self.say
        for post, by in ((self.alone, friend), (self.masked, friend), (self.theirs, member)):
            polls.set_terms(post, polls.Terms((say("One"), "Two") if by is friend else ("One", "Two")))
            polls.vote(Poll.objects.get(post=post), by, [PollOption.objects.filter(poll__post=post)[0].pk])
        kind = ReactionKind.objects.create(name=f"Helped {member.pk}")
        kind.categories.add(self.category)
        reactions.react(self.theirs, kind, member)
        reactions.react(self.post, kind, friend)
        called = f"Ask @{member.username}."
        other = make_post(author=friend, category=self.category, body=called)
        other.edit(category=self.category, title=other.title, body="Ask others.", tags=[], version=1)
        remark = make_comment(other, author=friend, body=called)
        remark.edit(body="Ask others.", version=1)
        WaitingEdit.objects.create(comment=remark, version=2, body=called)
        Draft.objects.create(member=friend, kind="post_new", fields={"body": called}, updated_at=timezone.now())
        self.picture = make_picture(member, alt=say("A lamp"))
        make_comment(self.masked, author=member, body=self.picture.markdown())
        reporting.report(self.picture, "picture", friend, "rude", "A face.")
        reporting.report(Summary.objects.get(study=self.study), "summary", friend, "false", "It does not.")
        saving.save(member, self.theirs)
        saving.write_note(member, self.theirs, say("A note"), saving.folder_named(member, say("A folder")))
        Visit.objects.create(member=member, post=self.theirs)
        visits.mark_all(member, "category", self.category.pk)
        for thing in (self.post, self.comment, self.masked, self.under_mask):
            words = {"title": say("New")} if thing in (self.post, self.masked) else {}
            WaitingEdit.objects.create(
                **{thing._meta.model_name: thing}, version=thing.version, body=say("New words"), reason=say("So"), **words
            )  # fmt: skip
            Held.objects.create(
                kind=thing._meta.model_name, content_type=ContentType.objects.get_for_model(thing), object_id=thing.pk,
                author_id=thing.author_id, said=say("A domain"), held_at=timezone.now(),
            )  # fmt: skip
        told = {"kind": "standing", "key": f"of {member.pk}", "words": f"New posts by {member.username}"}
        tell([friend], **told, url=member.get_absolute_url())
        Device.add(member, endpoint=f"https://push.example/{self.mark}", p256dh="a", auth="b", name=say("A phone"))
        muting.mute(member, "tag", self.post.tags.get().pk)
        muting.mute(friend, "member", member.pk)
        RefusedMail.objects.create(member=member, answer=say("No such mailbox"), tries=3)
        MailAllowance.objects.create(member=member)
        me = {"content_type": ContentType.objects.get_for_model(Member), "object_id": member.pk}
        ban = Sanction.objects.create(member=member, kinds=["vote"], reason=say("Rude"), given_by=moderator)
        AppealMessage.objects.create(appeal=Appeal.objects.create(sanction=ban), author=member, words=say("I was not"))
        MemberNote.objects.create(member=member, author=moderator, words=say("Knows the other one"))
        Flag.objects.create(kind=Flag.Kind.RING, key="a", evidence="Often", made_at=timezone.now(), **me)
        Allowance.objects.create(key=f"post/60/m{member.pk}", used_until=timezone.now(), span=60)
        Trace.objects.create(member=member, kind=Trace.Kind.DEVICE, hash="a" * 64)
        Award.objects.create(member=member, badge="first", earned_at=timezone.now())
        trust.note_visit(member.pk, timezone.now().date())
        Flair.objects.create(member=member, words=say("Baker"), proof=say("A photograph"), granted_by=moderator)
        SocialAccount.objects.create(user=member, provider="orcid", uid="0000-0001", extra_data={"name": self.mark})
        audit.write("changed", actor=moderator, target=member, detail={"object": member.username})
        Context.objects.create(id=uuid.uuid4(), metadata={"url": f"/members/{member.username}/ban/"})
        LogEntry.objects.create(
            user=moderator, content_type=ContentType.objects.get_for_model(self.post), object_id=str(self.post.pk),
            object_repr=str(self.post), action_flag=2,
        )  # fmt: skip
        LogEntry.objects.create(
            user=moderator, content_type=me["content_type"], object_id=str(member.pk), object_repr=member.username,
            action_flag=2, change_message=json.dumps([{"changed": {"name": "flair", "object": member.username}}]),
        )  # fmt: skip


def rows_of(model: Any, **where: Any) -> set[Any]:
    return set(model._base_manager.filter(**where).values_list("pk", flat=True))
