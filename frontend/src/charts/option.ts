/** A series against what the plan says about it: the line, its daily mean, the threshold, and where a watch stood open. */
import type { EChartsCoreOption } from "echarts/core";
import { unitName } from "../units";
import { say } from "../words";
import { onTheClockOf } from "./zone";

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
  /** What an undisturbed day brings, low and high; the flat mean; where the lines of ratios lie. A page may go without. */
  readonly band?: readonly (readonly [at: string, low: number, high: number])[];
  readonly flat?: number | null;
  readonly limits?: readonly { readonly label: string; readonly points: readonly Point[]; readonly flat: number | null }[];
  /** Where another plan, or the flat mean, would have had a watch open. */
  readonly beside?: readonly Span[];
  /** Where a watch stood and said nothing: held back, or flapping. */
  readonly hushed?: readonly Span[];
  readonly labels?: Readonly<Record<"band" | "flat" | "flat_limit", string>>;
};
export type Palette = Readonly<Record<"line" | "mean" | "band" | "flat" | "threshold" | "over" | "beside" | "hushed" | "unknown" | "text" | "grid" | "font", string>>;

const area = (spans: readonly Span[], until: string, color: string) =>
  spans.map(({ from, to }) => [{ xAxis: from, itemStyle: { color } }, { xAxis: to ?? until }]);

function lines(series: Series, palette: Palette) {
  return series.thresholds.map(({ label, value }) => ({
    yAxis: value,
    lineStyle: { color: palette.threshold, type: "dashed", width: 1.5 },
    label: { formatter: label, position: "insideStartTop", color: palette.threshold },
  }));
}

/** The flat mean and its limits, dotted: what would be said without weekdays and hours. */
function flatLines({ flat, limits, labels }: Series, palette: Palette) {
  if (flat === null || flat === undefined || !labels) return [];
  const line = (yAxis: number, text: string) => ({
    yAxis,
    lineStyle: { color: palette.flat, type: "dotted", width: 1 },
    label: { formatter: text, position: "insideEndTop", color: palette.flat },
  });
  const limit = limits?.[0]?.flat;
  return [line(flat, labels.flat), ...(limit === null || limit === undefined ? [] : [line(limit, labels.flat_limit)])];
}

/** Low as an invisible line, and what lies between as an area stacked on it. */
function bandLines({ band, labels }: Series, palette: Palette) {
  if (!band?.length || !labels) return [];
  const part = { type: "line", stack: "band", showSymbol: false, silent: true, lineStyle: { opacity: 0 }, itemStyle: { color: palette.band } };
  return [
    { ...part, data: band.map(([at, low]) => [at, low]), tooltip: { show: false } },
    { ...part, name: labels.band, data: band.map(([at, low, high]) => [at, high - low]), areaStyle: { color: palette.band }, tooltip: { show: false } },
  ];
}

const limitLines = ({ limits }: Series, palette: Palette) =>
  (limits ?? []).map(({ label, points }) => ({
    name: label, type: "line", showSymbol: false, data: points,
    lineStyle: { width: 1.5, type: "dashed", color: palette.threshold }, itemStyle: { color: palette.threshold },
  }));

/** `zone` is the company's: whoever looks from elsewhere reads the same hours as every other page and letter says. */
export function chartOption(read: Series, palette: Palette, zone: string): EChartsCoreOption {
  const series = onTheClockOf(zone, read);
  const last = series.points.at(-1)?.[0] ?? "";
  return {
    animation: false,
    useUTC: true, // the times are moved to the company's clock already
    textStyle: { color: palette.text, fontFamily: palette.font },
    grid: { left: 8, right: 16, top: 28, bottom: 8, containLabel: true },
    // richText: the default tooltip writes inline styles, which the page's policy refuses
    tooltip: { trigger: "axis", renderMode: "richText", axisPointer: { type: "line" } },
    xAxis: { type: "time", axisLine: { lineStyle: { color: palette.grid } }, axisLabel: { color: palette.text } },
    yAxis: {
      type: "value", name: unitName(series.unit), scale: false,
      nameTextStyle: { color: palette.text }, axisLabel: { color: palette.text }, splitLine: { lineStyle: { color: palette.grid } },
    },
    series: [
      ...bandLines(series, palette),
      {
        name: series.title, type: "line", showSymbol: false, connectNulls: false, sampling: "lttb",
        data: series.points, lineStyle: { width: 2, color: palette.line }, itemStyle: { color: palette.line },
        markLine: { symbol: "none", silent: true, data: [...lines(series, palette), ...flatLines(series, palette)] },
        markArea: {
          silent: true,
          data: [...area(series.over, last, palette.over), ...area(series.beside ?? [], last, palette.beside), ...area(series.hushed ?? [], last, palette.hushed), ...area(series.unknown, last, palette.unknown)],
        },
      },
      {
        name: say("Daily mean"), type: "line", showSymbol: false, step: false, data: series.baseline,
        lineStyle: { width: 1.5, type: "dotted", color: palette.mean }, itemStyle: { color: palette.mean },
      },
      ...limitLines(series, palette),
    ],
    aria: { enabled: true },
  };
}
