"""What is kept of how fast group chats are told."""

from django.contrib.postgres.fields import ArrayField
from django.db import models


class ChatPace(models.Model):
    """How fast a chat was told: the posts of the last minute, in order, and until when its robot asked to be left alone."""

    chat = models.CharField(max_length=40, unique=True)
    posts = ArrayField(models.DateTimeField(), default=list)
    rests_until = models.DateTimeField(null=True)
