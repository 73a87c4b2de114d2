/**
 * The business-continuity index (1.2) of what the page has read. The same as `signals/domain/continuity.py` and `plans/domain/bci.py`;
 * `tests/domain/signals/continuity.json` holds both equal.
 */
import type { IndexRule, Reading } from "./types";

export type Part = { readonly rule: IndexRule; readonly value: number | null; readonly marks: number | null; readonly region: string | null };
export type Continuity = { readonly value: number | null; readonly parts: readonly Part[] };
type Read = Pick<Reading, "metric" | "region" | "hotline" | "node" | "state" | "value" | "ratio">;

/** Half upwards, to one tenth. */
const tenth = (value: number): number => Math.floor(value * 10 + 0.5) / 10;

export const marks = ({ best, worst }: IndexRule, value: number): number =>
  tenth(100 * Math.min(1, Math.max(0, (value - worst) / (best - worst))));

function part(rule: IndexRule, rows: readonly Read[], region: string | null): Part {
  const figure = rule.measure === "excess" ? "ratio" : "value";
  const known = rows.filter((row) => row.metric === rule.metric && row[figure] !== null);
  const own = known.filter((row) => row.region === region);
  const found = (own.length ? own : region === null ? known : []).map(
    (row): Part => ({ rule, value: row[figure], marks: marks(rule, row[figure]!), region: row.region }));
  return found.reduce((worst, one) => ((one.marks ?? 0) < (worst.marks ?? 0) ? one : worst), found[0] ?? { rule, value: null, marks: null, region: null });
}

/** The index of a region, or of the whole country (null). */
export function continuity(rules: readonly IndexRule[], readings: readonly Read[], region: string | null): Continuity {
  const rows = readings.filter((row) => !row.hotline && !row.node && row.state !== "unknown");
  const parts = rules.map((rule) => part(rule, rows, region));
  const known = parts.filter((one) => one.marks !== null);
  if (!known.length) return { value: null, parts };
  const total = known.reduce((sum, one) => sum + one.rule.weight, 0);
  return { value: tenth(known.reduce((sum, one) => sum + one.rule.weight * (one.marks ?? 0), 0) / total), parts };
}
