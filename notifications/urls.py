from django.urls import path

from notifications import views

urlpatterns = [
    path("messages/", views.inbox, name="messages"),
    path("messages/all/", views.everything, name="messages-all"),
    path("messages/sink/", views.sink, name="messages-sink"),
    path("messages/<int:message>/", views.receipts, name="message-receipts"),
    path("messages/<int:message>/acknowledge", views.acknowledge, name="message-acknowledge"),
    path("messages/<int:message>/read", views.read, name="message-read"),
    path("incidents/<str:number>/summaries/", views.summaries, name="summaries"),
    path("incidents/<str:number>/summaries/<int:summary>/", views.summary, name="summary"),
    path("incidents/<str:number>/summaries/<int:summary>/edit", views.summary_edit, name="summary-edit"),
    path("incidents/<str:number>/summaries/<int:summary>/publish", views.summary_publish, name="summary-publish"),
]
