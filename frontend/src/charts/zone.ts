/**
 * A chart's hours are the company's, wherever the browser stands. The axis knows the browser's zone and UTC only: times are moved to where
 * UTC reads as the company's clock does, and the axis is drawn in UTC.
 */
import type { Point, Series, Span } from "./option";

const DAY = 86_400_000;
const QUARTER = 900_000; // no zone is off by less

/** How far a zone's clock is ahead of UTC at an instant, in milliseconds; asked once a day, on a day that changes it once a quarter of an hour. */
function offsets(zone: string): (at: number) => number {
  const clock = new Intl.DateTimeFormat("en-US", {
    timeZone: zone, hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric",
  });
  const ahead = (at: number): number => {
    const part = Object.fromEntries(clock.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
    return Date.UTC(part.year ?? 0, (part.month ?? 1) - 1, part.day, part.hour, part.minute, part.second) - Math.floor(at / 1000) * 1000;
  };
  const known = new Map<number, number>();
  const once = (at: number): number => {
    const found = known.get(at) ?? ahead(at);
    known.set(at, found);
    return found;
  };
  return (at) => {
    const day = Math.floor(at / DAY) * DAY;
    const [first, last] = [once(day), once(day + DAY)];
    return first === last ? first : once(Math.floor(at / QUARTER) * QUARTER);
  };
}

/** The same series with every time as the zone's clock shows it, written as UTC. */
export function onTheClockOf(zone: string, series: Series): Series {
  const ahead = offsets(zone);
  const clock = (at: string): string => {
    const instant = Date.parse(at);
    return Number.isNaN(instant) ? at : new Date(instant + ahead(instant)).toISOString();
  };
  const points = (rows: readonly Point[]): Point[] => rows.map(([at, value]) => [clock(at), value]);
  const spans = (rows: readonly Span[]): Span[] => rows.map(({ from, to }) => ({ from: clock(from), to: to === null ? null : clock(to) }));
  return {
    ...series,
    points: points(series.points),
    baseline: points(series.baseline),
    over: spans(series.over),
    unknown: spans(series.unknown),
    beside: spans(series.beside ?? []),
    hushed: spans(series.hushed ?? []),
    band: (series.band ?? []).map(([at, low, high]) => [clock(at), low, high] as const),
    limits: (series.limits ?? []).map((limit) => ({ ...limit, points: points(limit.points) })),
  };
}
