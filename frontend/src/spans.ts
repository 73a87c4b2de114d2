/** Spans of time as people read them at a glance. */
import { say } from "./words";

const pad = (n: number): string => String(n).padStart(2, "0");

/** `12:34` below an hour, `3 h 05 min` below a day, then `2 d 3 h`. */
export function span(ms: number): string {
  const seconds = Math.floor(Math.abs(ms) / 1000);
  const [minutes, hours, days] = [Math.floor(seconds / 60), Math.floor(seconds / 3600), Math.floor(seconds / 86_400)];
  if (minutes < 60) return `${pad(minutes)}:${pad(seconds % 60)}`;
  if (hours < 24) return say("{hours} h {minutes} min", { hours, minutes: pad(minutes % 60) });
  return say("{days} d {hours} h", { days, hours: hours % 24 });
}

export type Urgency = "ok" | "soon" | "over";
const SOON = 5 * 60_000;

/** How a deadline stands. Within five minutes is *soon*: the plan's own unit of "at once". */
export function urgency(due: number, now: number): Urgency {
  if (now > due) return "over";
  return due - now <= SOON ? "soon" : "ok";
}

export const countdown = (due: number, now: number): string =>
  now > due ? say("overdue by {time}", { time: span(now - due) }) : say("{time} left", { time: span(due - now + 999) });

/** Time since, in whole minutes: a line of a log needs no seconds. */
export function ago(at: number, now: number): string {
  const seconds = Math.max(0, Math.floor((now - at) / 1000));
  if (seconds < 60) return say("just now");
  if (seconds < 3600) return say("{minutes} min ago", { minutes: Math.floor(seconds / 60) });
  return say("{time} ago", { time: span(now - at) });
}
