/** A series against what the plan says about it: the line, its daily mean, the threshold, and where a watch stood open. */
import type { EChartsCoreOption } from "echarts/core";
import { unitName } from "../units";
import { say } from "../words";

export type Point = readonly [at: string, value: number | null];
export type Span = { readonly from: string; readonly to: string | null };
export type Series = {
  readonly title: string;
  readonly unit: string;
  readonly points: readonly Point[];
  readonly baseline: readonly Point[];
  readonly thresholds: readonly { readonly label: string; readonly value: number; readonly direction: "above" | "below" }[];
  readonly over: readonly Span[];
  readonly unknown: readonly Span[];
};
export type Palette = Readonly<Record<"line" | "mean" | "threshold" | "over" | "unknown" | "text" | "grid", string>>;

const area = (spans: readonly Span[], until: string, color: string) =>
  spans.map(({ from, to }) => [{ xAxis: from, itemStyle: { color } }, { xAxis: to ?? until }]);

function lines(series: Series, palette: Palette) {
  return series.thresholds.map(({ label, value }) => ({
    yAxis: value,
    lineStyle: { color: palette.threshold, type: "dashed", width: 1.5 },
    label: { formatter: label, position: "insideStartTop", color: palette.threshold },
  }));
}

export function chartOption(series: Series, palette: Palette): EChartsCoreOption {
  const last = series.points.at(-1)?.[0] ?? "";
  return {
    animation: false,
    textStyle: { color: palette.text, fontFamily: "inherit" },
    grid: { left: 8, right: 16, top: 28, bottom: 8, containLabel: true },
    // richText: the default tooltip writes inline styles, which the page's policy refuses
    tooltip: { trigger: "axis", renderMode: "richText", axisPointer: { type: "line" } },
    xAxis: { type: "time", axisLine: { lineStyle: { color: palette.grid } }, axisLabel: { color: palette.text } },
    yAxis: {
      type: "value", name: unitName(series.unit), scale: false,
      nameTextStyle: { color: palette.text }, axisLabel: { color: palette.text }, splitLine: { lineStyle: { color: palette.grid } },
    },
    series: [
      {
        name: series.title, type: "line", showSymbol: false, connectNulls: false, sampling: "lttb",
        data: series.points, lineStyle: { width: 2, color: palette.line }, itemStyle: { color: palette.line },
        markLine: { symbol: "none", silent: true, data: lines(series, palette) },
        markArea: {
          silent: true,
          data: [...area(series.over, last, palette.over), ...area(series.unknown, last, palette.unknown)],
        },
      },
      {
        name: say("Daily mean"), type: "line", showSymbol: false, step: false, data: series.baseline,
        lineStyle: { width: 1.5, type: "dotted", color: palette.mean }, itemStyle: { color: palette.mean },
      },
    ],
    aria: { enabled: true },
  };
}
