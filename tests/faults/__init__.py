"""The product under seeded faults: real processes, judged by what a client was told, what a provider saw and what the log says."""
