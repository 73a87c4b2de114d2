/**
 * `<article data-controller="slot" data-begins="…" data-ends="…">` moves the mark of *now* along the bar of a slot, in the world's time. What a
 * step stands at is the server's word: a due time that passes is an event, and the part of the page is fetched again.
 */
import { controller } from "../controllers/registry";
import { worldClock } from "../worldclock";

export const WIDE = 1000;

/** Where an instant lies between two others, on a scale from 0 to WIDE. */
export function place(begins: number, ends: number, now: number): number {
  return Math.round(Math.min(Math.max((now - begins) / (ends - begins), 0), 1) * WIDE);
}

controller("slot", (element) => {
  const mark = element.querySelector<SVGRectElement>(".slot-now");
  const [begins, ends] = [Date.parse(element.dataset.begins ?? ""), Date.parse(element.dataset.ends ?? "")];
  if (!mark || !(ends > begins)) return;
  const width = Number(mark.getAttribute("width"));
  const show = () => mark.setAttribute("x", String(Math.min(place(begins, ends, worldClock.now()), WIDE - width)));
  const timer = setInterval(show, 1000);
  show();
  return () => clearInterval(timer);
});
