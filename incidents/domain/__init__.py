"""The law of incidents without Django: phases and their legal moves, facts, triggers, places."""
