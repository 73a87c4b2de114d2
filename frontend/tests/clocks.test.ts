import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { clocksShow } from "../src/controllers/clocks";
import { WorldClock } from "../src/worldclock";
import { span, urgency } from "../src/spans";
import { wordsReload } from "../src/words";

const NOW = Date.parse("2026-11-24T09:00:00Z");
const at = (seconds: number) => new Date(NOW + seconds * 1000).toISOString();

function shown(kind: string, seconds: number): [string, string | undefined] {
  document.body.innerHTML = `<time data-clock="${kind}" datetime="${at(seconds)}"></time>`;
  clocksShow(document, NOW);
  const element = document.querySelector("time")!;
  return [element.textContent ?? "", element.dataset.state];
}

beforeEach(wordsReload);
afterEach(() => {
  document.body.innerHTML = "";
});

describe("a deadline", () => {
  it.each([
    ["far away", 2 * 3600 + 5 * 60, "2 h 05 min left", "ok"],
    ["five minutes before it", 300, "05:00 left", "soon"],
    ["in its last second", 0.5, "00:01 left", "soon"],
    ["on the second it is not late yet", 0, "00:00 left", "soon"],
    ["past", -200, "overdue by 03:20", "over"],
    ["long past", -90_000, "overdue by 1 d 1 h", "over"],
  ])("%s", (_, seconds, text, state) => {
    expect(shown("due", seconds)).toEqual([text, state]);
  });
});

it("tells an age in whole minutes", () => {
  expect(shown("ago", -30)[0]).toBe("just now");
  expect(shown("ago", -125)[0]).toBe("2 min ago");
});

it("speaks the page's language", () => {
  document.body.innerHTML =
    `<script type="application/json" id="words">{"overdue by {time}": "逾期 {time}"}</script><time data-clock="due" datetime="${at(-60)}"></time>`;
  clocksShow(document, NOW);
  expect(document.querySelector("time")!.textContent).toBe("逾期 01:00");
});

it("is soon within five minutes, for every world's now", () => {
  expect([urgency(NOW, NOW - 300_000), urgency(NOW, NOW - 300_001), urgency(NOW, NOW + 1)]).toEqual(["soon", "ok", "over"]);
  expect(span(59_999)).toBe("00:59");
});

it("goes on at its world's rate, and stands still in a paused one", () => {
  const clock = new WorldClock();
  clock.set(at(0), 0);
  expect(clock.now()).toBe(NOW);
  clock.set(at(0), 60);
  const before = performance.now();
  while (performance.now() - before < 5);
  expect(clock.now() - NOW).toBeGreaterThanOrEqual(5 * 60);
  expect(() => clock.set("yesterday", 1)).toThrow("not a time");
});
