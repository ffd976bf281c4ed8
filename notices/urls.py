from django.conf import settings
from django.urls import path

from notices.views import devices, feeds, following, mailbox, muting, notifications, preferences, unsubscribe

app_name = "notices"
urlpatterns = [
    path("notifications/", notifications.notifications, name="notifications"),
    path("notifications/read/", notifications.read_all, name="read_all"),
    path("notifications/unread/", notifications.unread, name="unread"),
    path("notifications/<int:pk>/open/", notifications.open_one, name="open"),
    path("notifications/<int:pk>/read/", notifications.read_one, name="read"),
    path("settings/notices/", preferences.preferences, name="preferences"),
    path("settings/devices/", devices.device_add, name="device_add"),
    path("settings/devices/<int:pk>/remove/", devices.device_remove, name="device_remove"),
    path("push-worker.js", devices.push_worker, name="push_worker"),
    path("settings/feeds/", feeds.private_feeds, name="private_feeds"),
    path("settings/feeds/renew/", feeds.renew, name="renew_feeds"),
    path("settings/feeds/close/", feeds.close, name="close_feeds"),
    path("feeds/<str:token>/notifications.atom", feeds.notifications_feed, name="notifications_feed"),
    path("unsubscribe/<str:token>/", unsubscribe.unsubscribe, name="unsubscribe"),
    path("following/", following.follows, name="following"),
    path("following/<int:pk>/end/", following.end, name="end_follow"),
    path("following/muted/", muting.muted, name="muted"),
    path("mute/<str:kind>/<int:pk>/", muting.mute, name="mute"),
    path("unmute/<str:kind>/<int:pk>/", muting.unmute, name="unmute"),
    path("follow/<str:kind>/<int:pk>/", following.follow, name="follow"),
    path("unfollow/<str:kind>/<int:pk>/", following.unfollow, name="unfollow"),
]
# Anyone may read the page, so in production it isn't even a route.
if not settings.PRODUCTION:
    urlpatterns.append(path("demo/mail/", mailbox.mail_page, name="mail"))
