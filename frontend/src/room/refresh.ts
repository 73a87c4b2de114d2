/**
 * `<body data-controller="refresh" data-refresh="#a,#b" data-stream="7">`: when something happens (to this stream, or without one to any incident of
 * the world), the named parts of the page are fetched again. A part in which somebody is typing is left alone until he is done. After each fetch
 * the page rests in proportion to how long the server took: a hundred open rooms ask less often when it is busy, and do not keep it so.
 */
import { Connection } from "../board/connection";
import type { Frame } from "../board/types";
import { clocksShow } from "../controllers/clocks";
import { controller } from "../controllers/registry";
import { keepingFocus } from "../focus";
import { send, Unreachable } from "../http";
import { worldClock } from "../worldclock";

const GATHER_MS = 150; // one act writes several events
const BUSY_MS = 2000;
const REST = 4; // times what the last fetch took
const LONGEST_REST_MS = 15_000;

const busy = (part: Element): boolean =>
  part.contains(document.activeElement) && document.activeElement?.matches("input, textarea, select") === true
  || part.querySelector("dialog[open]") !== null;

async function page(): Promise<Document | undefined> {
  try {
    const response = await send(location.pathname + location.search, { headers: { Accept: "text/html" } });
    return response.ok && !response.redirected ? new DOMParser().parseFromString(await response.text(), "text/html") : undefined;
  } catch (error) {
    if (error instanceof Unreachable) return undefined;
    throw error;
  }
}

/** True when every part could be replaced. */
function replace(selectors: readonly string[], fresh: Document): boolean {
  let all = true;
  // The server writes a clock as the time it runs to: it shows what is left before anybody sees it.
  const at = worldClock.now();
  for (const selector of selectors) {
    const [old, now] = [document.querySelector(selector), fresh.querySelector(selector)];
    for (const part of [old, now]) if (part) clocksShow(part, at);
    if (!old || !now || old.outerHTML === now.outerHTML) continue;
    if (busy(old)) all = false;
    else {
      const open = new Set([...old.querySelectorAll("details[open][id]")].map(({ id }) => id));
      now.querySelectorAll<HTMLDetailsElement>("details[id]").forEach((details) => (details.open ||= open.has(details.id)));
      keepingFocus(old, () => old.replaceWith(document.importNode(now, true)), () => document.querySelector(selector));
    }
  }
  return all;
}

controller("refresh", (root) => {
  const selectors = (root.dataset.refresh ?? "").split(",").filter(Boolean);
  const stream = root.dataset.stream ? Number(root.dataset.stream) : undefined;
  let seen = Number(root.dataset.seq ?? 0);
  let timer: ReturnType<typeof setTimeout> | undefined;
  let [working, again, rested] = [false, false, 0];

  const refresh = async (): Promise<void> => {
    [timer, working, again] = [undefined, true, false];
    const began = performance.now();
    let done = false;
    try {
      const fresh = await page();
      done = fresh !== undefined && replace(selectors, fresh);
    } finally {
      const ended = performance.now();
      [working, rested] = [false, ended + Math.min((ended - began) * REST, LONGEST_REST_MS)];
    }
    if (!done) soon(BUSY_MS);
    else if (again) soon(GATHER_MS);
  };
  /** One fetch at a time; what happens meanwhile is shown by the next. */
  const soon = (ms: number): void => {
    if (working) again = true;
    else timer ??= setTimeout(() => void refresh(), Math.max(ms, rested - performance.now()));
  };
  const heard = (text: string): void => {
    const frame = JSON.parse(text) as Frame;
    if (frame.t === "reading") document.dispatchEvent(new CustomEvent("reading", { detail: frame }));
    if (frame.t === "event" && frame.incident !== null && (stream === undefined || frame.stream === stream)) soon(GATHER_MS);
    if ((frame.t === "hello" || frame.t === "heads") && stream !== undefined) {
      const head = frame.heads[stream] ?? 0;
      if (head > seen) soon(GATHER_MS);
      seen = Math.max(seen, head);
    }
    if (frame.t === "hello" && stream === undefined) soon(GATHER_MS);
  };
  const world = document.documentElement.dataset.world ?? "real";
  const url = `${location.origin.replace(/^http/, "ws")}/ws/board/?world=${encodeURIComponent(world)}`;
  const connection = new Connection(url, { heard, lost: () => undefined });
  connection.open();
  return () => {
    clearTimeout(timer);
    connection.close();
  };
});
