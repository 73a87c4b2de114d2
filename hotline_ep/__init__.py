"""The composition root: it knows everyone and decides nothing."""

from hotline_ep.celery import app as celery_app

__all__ = ["celery_app"]
