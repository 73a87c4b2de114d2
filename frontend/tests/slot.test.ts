import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { start } from "../src/controllers/registry";
import { place, WIDE } from "../src/room/slot";
import { worldClock } from "../src/worldclock";

const BEGINS = Date.parse("2026-11-24T09:00:00Z");
const at = (minutes: number) => new Date(BEGINS + minutes * 60_000).toISOString();
let stop = () => {};

beforeEach(() => vi.useFakeTimers());
afterEach(() => {
  stop();
  vi.useRealTimers();
});

it.each([
  ["before it begins", -1, 0],
  ["at its begin", 0, 0],
  ["after a third", 5, Math.round(WIDE / 3)],
  ["long after its end", 60, WIDE],
])("%s", (_, minutes, x) => {
  expect(place(BEGINS, BEGINS + 15 * 60_000, BEGINS + minutes * 60_000)).toBe(x);
});

it("moves the mark with the world's clock and never off the bar", () => {
  worldClock.set(at(5), 60);
  document.body.innerHTML = `<article data-controller="slot" data-begins="${at(0)}" data-ends="${at(15)}"><svg><rect class="slot-now" x="0" width="5"></rect></svg></article>`;
  stop = start(document.body);
  const mark = document.querySelector(".slot-now")!;
  expect(mark.getAttribute("x")).toBe("333");
  vi.advanceTimersByTime(5000);
  expect(Number(mark.getAttribute("x"))).toBeGreaterThan(600);
  vi.advanceTimersByTime(60_000);
  expect(mark.getAttribute("x")).toBe(String(WIDE - 5));
});
