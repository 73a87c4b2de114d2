"""Beat: `celery -A hotline_ep.beat beat`. It names one task a second and needs nothing else of the product, so it loads nothing else:
killed, it is back in a third of the time (docs/decisions/0046)."""

import os

from celery import Celery

from hotline_ep import doorbells, environment

environment.refuse(os.environ)

# Without fixups: Celery's own would set up all of Django here.
app = Celery("hotline_ep", fixups=set())
app.conf.update(
    **doorbells.CONFIGURATION,
    broker_url=doorbells.broker(os.environ.get("REDIS_URL") or doorbells.NEAR),
)
