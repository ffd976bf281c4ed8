from django.conf import settings
from django.urls import path

from notices.views import mail_page

app_name = "notices"
# Anyone may read the page, so in production it isn't even a route.
urlpatterns = [] if settings.PRODUCTION else [path("demo/mail/", mail_page, name="mail")]
