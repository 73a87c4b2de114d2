from django.urls import path

from notifications import browser_views, chat_views, notice_views, public, verification_views, views

urlpatterns = [
    path("messages/", views.inbox, name="messages"),
    path("messages/all/", views.everything, name="messages-all"),
    path("messages/known/", views.who_knew, name="messages-known"),
    path("messages/sink/", views.sink, name="messages-sink"),
    path("operations/chats/", chat_views.chats, name="chats"),
    path("operations/chats/<slug:name>/test", chat_views.test, name="chat-test"),
    path("messages/<int:message>/", views.receipts, name="message-receipts"),
    path("messages/calls/", views.to_ring, name="messages-to-ring"),
    path("messages/not-reached/", views.not_reached, name="messages-not-reached"),
    path("messages/browsers/", browser_views.browsers, name="browsers"),
    path("messages/browsers/add", browser_views.add, name="browser-add"),
    path("messages/browsers/test", browser_views.test, name="browsers-test"),
    path("messages/browsers/<uuid:browser>/remove", browser_views.remove, name="browser-remove"),
    path("sw.js", browser_views.worker, name="service-worker"),
    path("messages/<int:message>/calls/", views.calls, name="message-calls"),
    path("m/<str:token>/", views.answer_by_link, name="message-link"),
    path("messages/<int:message>/acknowledge", views.acknowledge, name="message-acknowledge"),
    path("messages/<int:message>/read", views.read, name="message-read"),
    path("incidents/<str:number>/summaries/", views.summaries, name="summaries"),
    path("incidents/<str:number>/summaries/<int:summary>/", views.summary, name="summary"),
    path("incidents/<str:number>/summaries/<int:summary>/edit", views.summary_edit, name="summary-edit"),
    path("incidents/<str:number>/summaries/<int:summary>/publish", views.summary_publish, name="summary-publish"),
    path("notices/", notice_views.desk, name="notices"),
    path("notices/new/", notice_views.new, name="notice-new"),
    path("notices/<int:pk>/", notice_views.one, name="notice"),
    path("notices/<int:pk>/edit/", notice_views.edit, name="notice-edit"),
    *(
        path(f"notices/<int:pk>/{act.value}/", notice_views.act_view(act), name=f"notice-{act.value}")
        for act in notice_views.CHANGES
    ),
    path("people/verification/", verification_views.rounds, name="verifications"),
    path("people/verification/begin", verification_views.begin, name="verification-begin"),
    path("people/verification/<int:pk>/", verification_views.one, name="verification"),
    path("people/verification/<int:pk>/remind", verification_views.remind, name="verification-remind"),
    path("people/verification/<int:pk>/end", verification_views.end, name="verification-end"),
    path("status/", public.status, name="status"),
    path("status/feed.json", public.feed, name="status-feed"),
    path("status/popup.js", public.popup, name="status-popup"),
]
