/**
 * The time of the world a page shows. A practice world may run at another rate or stand still; the server says its `now` and `rate`
 * (0 is paused) and this clock goes on from there with the monotonic clock, so that a wrong or changed clock of the device shows nowhere.
 */
export class WorldClock {
  private base = Date.now();
  private taken = performance.now();
  private rate = 1;

  /** Take the server's word: the world's now as an ISO time, and how many world seconds one second here is. */
  set(now: string, rate: number): void {
    const ms = Date.parse(now);
    if (Number.isNaN(ms)) throw new Error(`not a time: ${now}`);
    this.base = ms;
    this.taken = performance.now();
    this.rate = rate;
  }

  now(): number {
    return this.base + (performance.now() - this.taken) * this.rate;
  }
}

export const worldClock = new WorldClock();

/** Read what the page says about its world: `<html data-now="…" data-rate="…">`. */
export function worldClockFromPage(root: HTMLElement = document.documentElement): void {
  if (root.dataset.now) worldClock.set(root.dataset.now, Number(root.dataset.rate ?? "1"));
}
