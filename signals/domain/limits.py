"""How much one source may send: a bucket that fills with time. Facts in, verdict out; the clock's reading is an argument."""

from dataclasses import dataclass


@dataclass(slots=True)
class Bucket:
    """`rate` samples a second, `burst` at once. What was sent may overdraw it; until that is made up nothing more is taken."""

    rate: float
    burst: float
    level: float
    at: float

    @classmethod
    def full(cls, rate: float, burst: float, now: float) -> "Bucket":
        return cls(rate, burst, burst, now)

    def wait(self, now: float) -> float:
        """Seconds until the next request is taken; 0: now."""
        self.level = min(self.burst, self.level + (now - self.at) * self.rate)
        self.at = now
        return 0.0 if self.level > 0 else (1 - self.level) / self.rate

    def spend(self, samples: float) -> None:
        self.level -= samples
