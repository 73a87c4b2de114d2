import { describe, expect, it } from "vitest";
import { tile } from "../src/board/parts";
import type { Reading } from "../src/board/types";

const names = {
  metrics: { complaints: { zh: "投诉量", en: "Complaints" } }, hotlines: { main: { zh: "全国热线", en: "National hotline" } },
  regions: { east: { zh: "华东", en: "East" }, west: { zh: "西部", en: "West" } },
};
const reading = (said: Partial<Reading>): Reading => ({
  series: 1, metric: "complaints", region: null, hotline: null, node: null, state: "normal", value: 4, ratio: null, at: "2026-11-24T03:05:00Z",
  unit: "count", baseline: 5, threshold: { id: "t", value: 0.3, direction: "above", measure: "excess" }, since: null, muted_until: null, held: false, flapping_since: null,
  ...said,
});
const text = (said: Partial<Reading>, part: string) => tile(reading(said), names).querySelector(part)!.textContent;

describe("a reading on the board", () => {
  it("names its region beside its hotline, for one hotline is counted in several", () => {
    expect(text({ region: "east", hotline: "main" }, "span")).toBe("Complaints · East · National hotline");
    expect(text({ region: "west", hotline: "main" }, "span")).toBe("Complaints · West · National hotline");
    expect(text({}, "span")).toBe("Complaints · Nationwide");
  });

  it.each([
    [0.11, "excess", "11% over the mean"], [-0.19, "excess", "19% below the mean"], [0.3, "share", "30% of the whole"],
  ] as const)("says %d of %s as people do", (ratio, measure, said) => {
    expect(text({ ratio, threshold: { id: "t", value: 0.3, direction: "above", measure } }, ".ratio")).toBe(said);
  });
});
