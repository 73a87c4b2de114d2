/**
 * `<time data-clock="due|ago|now" datetime="…">` counts by itself in the world's time: *due* down to the deadline and on as overdue, *ago* the
 * age, *now* the world's time of day. `data-state` says ok, soon or over for the style; the words say it too.
 */
import { ago, countdown, urgency } from "../spans";
import { worldClock } from "../worldclock";
import type { Disconnect } from "./registry";

/** The zone that the company's clocks go by, as the page names it. */
export const companyZone = (): string => document.documentElement.dataset.timezone || "Asia/Shanghai";

/** `2026-11-24 13:10:12` in the company's time zone, in both languages: nobody mixes up day and month at night. */
const company = new Intl.DateTimeFormat("sv-SE", {
  dateStyle: "short", timeStyle: "medium", timeZone: companyZone(),
});

function write(element: HTMLElement, text: string, state: string): void {
  if (element.textContent !== text) element.textContent = text;
  if (element.dataset.state !== state) element.dataset.state = state;
}

export function clockShow(element: HTMLTimeElement, now: number): void {
  const at = Date.parse(element.dateTime);
  if (element.dataset.clock === "now") write(element, company.format(now), "ok");
  else if (Number.isNaN(at)) return;
  else if (element.dataset.clock === "due") write(element, countdown(at, now), urgency(at, now));
  else write(element, ago(at, now), "ok");
}

export function clocksShow(root: ParentNode = document, now: number = worldClock.now()): void {
  root.querySelectorAll<HTMLTimeElement>("time[data-clock]").forEach((element) => clockShow(element, now));
}

/** Keep every clock of the page going, once a second, and at once when the page comes back into view. */
export function clocksStart(): Disconnect {
  const show = () => clocksShow();
  const timer = setInterval(show, 1000);
  document.addEventListener("visibilitychange", show);
  document.addEventListener("htmx:afterSettle", show);
  show();
  return () => {
    clearInterval(timer);
    document.removeEventListener("visibilitychange", show);
    document.removeEventListener("htmx:afterSettle", show);
  };
}
