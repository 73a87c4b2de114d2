/** Elements without markup in strings: text from people can never become markup. */
import { countdown, ago, urgency } from "../spans";
import { worldClock } from "../worldclock";
import type { Look } from "./labels";

type Child = Node | string | null | false;
type Attributes = Readonly<Record<string, string | boolean | null>>;

export function h(tag: string, attributes: Attributes = {}, ...children: Child[]): HTMLElement {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === false) continue;
    element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child): child is Node | string => child !== null && child !== false && child !== ""));
  return element;
}

const SVG = "http://www.w3.org/2000/svg";
let sprite = "";
export const iconsFrom = (url: string): void => void (sprite = url);

export function icon(name: string): SVGElement {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `${sprite}#${name}`);
  svg.append(use);
  return svg;
}

export const chip = ({ icon: shape, label, tone }: Look): HTMLElement => h("span", { class: "chip", "data-tone": tone }, icon(shape), label);

/** A clause of the version that an incident keeps to; of the one in force where `version` is null. */
export const clause = (id: string, version: number | null = null): HTMLElement | null =>
  id ? h("a", { class: "clause", href: `/plan/${version === null ? "" : `?pinned=${version}`}#clause-${encodeURIComponent(id)}` }, id) : null;

/** A clock that `controllers/clocks` keeps going; it shows the right time from its first moment. */
export function clock(kind: "due" | "ago", at: string): HTMLElement {
  const [then, now] = [Date.parse(at), worldClock.now()];
  return h("time", { "data-clock": kind, datetime: at, "data-state": kind === "due" ? urgency(then, now) : "ok" },
    kind === "due" ? countdown(then, now) : ago(then, now));
}
