"""The desk's list of jobs, as our policy lets it be."""

import pytest
from django.db import connection
from django.test import Client

from notices import jobs
from tests.builders import make_member, make_moderator, signed_in

pytestmark = pytest.mark.django_db

WORDS = '"><script>alert(1)</script> style="color:red"'


def test_shows_jobs_with_no_style_in_the_page_and_words_as_words():
    job = jobs.push_again.configure(lock="one").defer(device_id=1, pairs=[WORDS])
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET attempts = 2, queueing_lock = 'once' WHERE id = %s", [job])
    desk = signed_in(make_member(is_staff=True, is_superuser=True))
    for page in ("/admin/procrastinate/procrastinatejob/", f"/admin/procrastinate/procrastinatejob/{job}/change/"):
        shown = desk.get(page).content.decode()
        assert ("n.push_again" in shown and "Queueing lock:" in shown) or "change" in page
        assert ' style="' not in shown and "<script>alert" not in shown and "&lt;script&gt;alert" in shown


def test_is_for_admins_alone():
    for client in (Client(), signed_in(make_member()), signed_in(make_moderator())):
        assert client.get("/admin/procrastinate/procrastinatejob/").status_code in (302, 403)
