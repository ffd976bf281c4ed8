from django.urls import path

from forum.views import reactions

urlpatterns = [
    path("posts/<int:pk>/react/<int:kind>/", reactions.react, name="post_react"),
    path("posts/<int:pk>/react/<int:kind>/withdraw/", reactions.withdraw, name="post_unreact"),
]
