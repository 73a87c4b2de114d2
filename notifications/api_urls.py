from django.urls import path

from notifications import api, browser_api, chat_api, notice_api, receipt_api, verification_api

urlpatterns = [
    path("messages", api.Messages.as_view(), name="api-messages"),
    path("messages/known", receipt_api.WhoKnew.as_view(), name="api-messages-known"),
    path("messages/not-reached", receipt_api.NotReached.as_view(), name="api-messages-not-reached"),
    path("messages/browsers", browser_api.Browsers.as_view(), name="api-browsers"),
    path("messages/browsers/test", browser_api.TryBrowsers.as_view(), name="api-browsers-test"),
    path("messages/browsers/<uuid:browser>/remove", browser_api.RemoveBrowser.as_view(), name="api-browser-remove"),
    path("messages/chats", chat_api.Chats.as_view(), name="api-chats"),
    path("messages/chats/<slug:name>/test", chat_api.TryChat.as_view(), name="api-chat-test"),
    path("messages/<int:message>/receipts", api.Receipts.as_view(), name="api-message-receipts"),
    path("messages/receipts/<slug:provider>", receipt_api.ProviderReceipts.as_view(), name="api-provider-receipts"),
    path("messages/<int:message>/calls", receipt_api.Calls.as_view(), name="api-message-calls"),
    path("messages/<int:message>/acknowledge", api.Acknowledge.as_view(), name="api-message-acknowledge"),
    path("messages/<int:message>/read", api.Read.as_view(), name="api-message-read"),
    path("incidents/<str:number>/summaries", api.Summaries.as_view(), name="api-summaries"),
    path("incidents/<str:number>/summaries/<int:summary>/edit", api.SummaryEdit.as_view(), name="api-summary-edit"),
    path(
        "incidents/<str:number>/summaries/<int:summary>/publish",
        api.SummaryPublish.as_view(),
        name="api-summary-publish",
    ),
    path("people/verification", verification_api.Rounds.as_view(), name="api-verifications"),
    path("people/verification/<int:pk>", verification_api.OneRound.as_view(), name="api-verification"),
    path("people/verification/<int:pk>/remind", verification_api.Remind.as_view(), name="api-verification-remind"),
    path("people/verification/<int:pk>/end", verification_api.End.as_view(), name="api-verification-end"),
    path("notices", notice_api.Notices.as_view(), name="api-notices"),
    path("notices/<int:pk>", notice_api.OneNotice.as_view(), name="api-notice"),
    *(
        path(f"notices/<int:pk>/{act}", endpoint.as_view(), name=f"api-notice-{act}")
        for act, endpoint in notice_api.ACTS.items()
    ),
]
