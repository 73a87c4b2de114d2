/** The index as people see it: one large figure with its word, the past hour, what it is made of and what is missing. */
import { figure } from "../figures";
import { unitName } from "../units";
import { inChinese, pick, say } from "../words";
import type { Continuity, Part } from "./continuity";
import { chip, clause, h, icon } from "./dom";
import type { Look } from "./labels";
import { nameOf } from "./sentences";
import type { IndexPoint, State } from "./types";

const SVG = "http://www.w3.org/2000/svg";
/** The bands are ours (docs/writing-a-plan.md). */
const [PROMISED, IMPAIRED] = [90, 60];
/** Less than this is no movement. */
const STILL = 1;
const signed = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0, signDisplay: "exceptZero" });

export function continuityLook(value: number | null): Look {
  if (value === null) return { icon: "help", tone: "unknown", label: say("Unknown: no data") };
  if (value >= PROMISED) return { icon: "circle-check", tone: "ok", label: say("As promised") };
  return value >= IMPAIRED
    ? { icon: "alert-triangle", tone: "warn", label: say("Impaired") }
    : { icon: "alert-octagon", tone: "bad", label: say("Severely impaired") };
}

function draw(tag: string, attributes: Readonly<Record<string, string>>, ...children: SVGElement[]): SVGElement {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

const bar = (earned: number | null): SVGElement =>
  draw("svg", { class: "bar", viewBox: "0 0 100 6", preserveAspectRatio: "none", "aria-hidden": "true" },
    draw("rect", { class: "bar-all", width: "100", height: "6" }), draw("rect", { class: "bar-part", width: String(earned ?? 0), height: "6" }));

/** The past hour as a line from 0 to 100; where nothing was known it is interrupted. */
export function sparkline(points: readonly IndexPoint[], now: number | null): SVGElement {
  const values = [...points.map((point) => point.value), now];
  const at = (value: number, index: number): string => `${((index / (values.length - 1)) * 120).toFixed(1)},${(36 - value * 0.32).toFixed(1)}`;
  const runs = values.reduce<string[][]>((all, value, index) => {
    if (value === null) return [...all, []];
    all.at(-1)?.push(at(value, index));
    return all;
  }, [[]]);
  return draw("svg", { class: "spark", viewBox: "0 0 120 40", preserveAspectRatio: "none", "aria-hidden": "true" },
    draw("line", { class: "spark-base", x1: "0", x2: "120", y1: "36", y2: "36" }),
    ...runs.filter((run) => run.length > 1).map((run) => draw("polyline", { points: run.join(" ") })));
}

function movement(points: readonly IndexPoint[], now: number | null): HTMLElement | null {
  const before = points.find((point) => point.value !== null)?.value ?? null;
  if (now === null || before === null) return null;
  const by = now - before;
  const [shape, text] = Math.abs(by) < STILL
    ? ["minus", say("steady in the past hour")]
    : [by > 0 ? "trending-up" : "trending-down", say("{points} in the past hour", { points: signed.format(by) })];
  return h("span", { class: "movement" }, icon(shape), text);
}

function measured({ rule, value }: Part): string {
  if (value === null) return say("No data");
  if (rule.unit === "ratio") return `${signed.format(value * 100)} %`;
  return `${figure(value, rule.unit)} ${unitName(rule.unit)}`.trim();
}

function row(part: Part, names: State["names"], region: string | null): HTMLElement {
  const read = part.region === null ? say("Nationwide") : nameOf(names, "regions", part.region);
  const elsewhere = part.value !== null && (region === null || part.region !== region) ? ` · ${read}` : "";
  return h("li", { "data-unknown": part.value === null, "data-part-of": part.rule.key },
    h("span", {}, pick(part.rule.title), elsewhere), h("span", { class: "figure" }, measured(part)), bar(part.marks) as unknown as Node);
}

/** `cited` is the clause of the plan that asks for the index; empty: none does. */
export function continuityTile(
  found: Continuity, points: readonly IndexPoint[], names: State["names"], region: string | null, cited: string,
): HTMLElement {
  const look = continuityLook(found.value);
  const missing = found.parts.filter((part) => part.value === null).map((part) => pick(part.rule.title));
  const value = found.value === null ? "—" : figure(found.value);
  return h("div", { class: "index", "data-tone": look.tone, "data-value": value },
    h("div", { class: "index-head" },
      h("h2", {}, say("Business continuity"), " ", clause(cited)),
      h("span", { class: "muted small" }, region === null ? say("Nationwide") : nameOf(names, "regions", region), " · ", say("as measured by machines"))),
    h("div", { class: "index-now" },
      h("span", { class: "value figure" }, value, h("small", {}, " / 100")),
      h("span", { class: "index-words" }, chip(look), movement(points, found.value)),
      sparkline(points, found.value)),
    h("ul", { class: "index-parts" }, ...found.parts.map((part) => row(part, names, region))),
    missing.length > 0 && missing.length < found.parts.length
      ? h("p", { class: "missing small" }, icon("help"), say("Computed without: {parts}", { parts: missing.join(inChinese() ? "、" : ", ") })) : null);
}

/** One word for an incident's card: how its own region stands. */
export function continuityChip(found: Continuity): HTMLElement {
  const look = continuityLook(found.value);
  return chip({ ...look, label: found.value === null ? say("BCI unknown") : say("BCI {value}", { value: figure(found.value) }) });
}
