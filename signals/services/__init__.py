"""Every change of the signals room."""
