"""PostgreSQL and Valkey from wheels, and the one parent that starts, watches and stops every process on one machine.

Nothing here imports Django: the test suite starts the servers before settings are read.
"""
