from django.conf import settings
from django.urls import path

from notices.views import mailbox, notifications

app_name = "notices"
urlpatterns = [
    path("notifications/", notifications.notifications, name="notifications"),
]
# Anyone may read the page, so in production it isn't even a route.
if not settings.PRODUCTION:
    urlpatterns.append(path("demo/mail/", mailbox.mail_page, name="mail"))
