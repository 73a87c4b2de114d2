import { describe, expect, it } from "vitest";
import { chartOption, type Palette, type Series } from "../src/charts/option";
import { onTheClockOf } from "../src/charts/zone";

const series = (...times: string[]): Series => ({
  title: "t", unit: "count", points: times.map((at) => [at, 1]), baseline: [], thresholds: [], over: [{ from: times[0] ?? "", to: null }], unknown: [],
});
const hours = (zone: string, ...times: string[]) => onTheClockOf(zone, series(...times)).points.map(([at]) => at.slice(5, 16));

describe("a chart's hours", () => {
  it.each([
    ["Asia/Shanghai", ["2026-11-24T16:30:00Z", "2026-11-25T08:00:00+08:00"], ["11-25T00:30", "11-25T08:00"]],
    ["America/New_York", ["2026-03-08T06:59:00Z", "2026-03-08T07:00:00Z"], ["03-08T01:59", "03-08T03:00"]], // the night that has no two o'clock
    ["Asia/Kolkata", ["1999-12-31T18:29:59Z"], ["12-31T23:59"]],
  ])("are those of %s, whatever the browser's are", (zone, at, shown) => expect(hours(zone, ...at)).toEqual(shown));

  it("are drawn as they were moved, marks and open ends with them", () => {
    const option = chartOption(series("2026-11-24T16:30:00Z"), {} as Palette, "Asia/Shanghai");
    expect(option.useUTC).toBe(true);
    const drawn = option.series as { data: unknown[]; markArea?: { data: unknown[][] } }[];
    const line = drawn.find((one) => one.markArea);
    expect(line?.markArea?.data[0]).toEqual([{ xAxis: "2026-11-25T00:30:00.000Z", itemStyle: { color: undefined } }, { xAxis: "2026-11-25T00:30:00.000Z" }]);
  });
});
