"""The sentences that scripts show, for the translators and for the page (`{% words %}`).

The scripts name a sentence by its English text (`say("{time} left", …)`); a front-end test sees that each of them is listed here.
"""

from django.utils.translation import gettext, gettext_noop

WORDS = (
    gettext_noop("Close"),
    gettext_noop("Daily mean"),
    gettext_noop("No connection. Nothing was sent; try again when you are back online."),
    gettext_noop(
        "No connection. The report is kept on this device and will be sent by itself as soon as the connection is back."
    ),
    gettext_noop("Not recorded yet: see what is marked below."),
    gettext_noop("Sending…"),
    gettext_noop("The server could not do this ({status}). Nothing was changed."),
    gettext_noop(
        "You are signed out. The report is kept on this device and will be sent when you have signed in again."
    ),
    gettext_noop("Your unsent entries were brought back."),
    gettext_noop("just now"),
    gettext_noop("overdue by {time}"),
    gettext_noop("{days} d {hours} h"),
    gettext_noop("{hours} h {minutes} min"),
    gettext_noop("{minutes} min ago"),
    gettext_noop("{time} ago"),
    gettext_noop("{time} left"),
)


def words_of_scripts() -> dict[str, str]:
    """English sentence → the same in the language of the moment."""
    return {sentence: gettext(sentence) for sentence in WORDS}
