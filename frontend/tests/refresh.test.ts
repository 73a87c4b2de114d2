import { afterEach, beforeEach, expect, it, vi } from "vitest";
import "../src/room/refresh";
import { start } from "../src/controllers/registry";
import { worldClock } from "../src/worldclock";

/** A server that answers when the test says so. */
const asked: ((html: string) => void)[] = [];
let socket: { onmessage?: (frame: { data: string }) => void };
const answer = async (html: string) => {
  asked.shift()!(html);
  await vi.advanceTimersByTimeAsync(0);
};
const happens = (seq: number) => socket.onmessage!({ data: JSON.stringify({ t: "event", stream: 7, seq, incident: "2026-0001", event: null }) });
let stop = () => {};

beforeEach(() => {
  vi.useFakeTimers();
  asked.length = 0;
  vi.stubGlobal("WebSocket", class { constructor() { socket = this as never; } close() {} });
  vi.stubGlobal("fetch", () => new Promise((resolve) =>
    asked.push((html) => resolve({ ok: true, redirected: false, text: async () => html }))));
  document.body.innerHTML = `<div data-controller="refresh" data-refresh="#part" data-stream="7"><p id="part">old</p></div>`;
  stop = start(document.body);
});
afterEach(() => {
  stop();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it("asks once at a time, whatever happens meanwhile, and shows the last of it", async () => {
  for (const seq of [1, 2, 3]) happens(seq);
  await vi.advanceTimersByTimeAsync(150);
  expect(asked).toHaveLength(1);
  for (const seq of [4, 5, 6]) happens(seq);
  await vi.advanceTimersByTimeAsync(1000);
  expect(asked).toHaveLength(1);
  await answer(`<p id="part">newer</p>`);
  expect(document.getElementById("part")!.textContent).toBe("newer");
  await vi.advanceTimersByTimeAsync(20_000);
  expect(asked).toHaveLength(1);
  await answer(`<p id="part">newest</p>`);
  expect(document.getElementById("part")!.textContent).toBe("newest");
  await vi.advanceTimersByTimeAsync(60_000);
  expect(asked).toHaveLength(0);
});

it("rests in proportion to how long the server took", async () => {
  happens(1);
  await vi.advanceTimersByTimeAsync(150);
  await vi.advanceTimersByTimeAsync(1000);
  await answer(`<p id="part">new</p>`);
  happens(2);
  await vi.advanceTimersByTimeAsync(3900);
  expect(asked).toHaveLength(0);
  await vi.advanceTimersByTimeAsync(200);
  expect(asked).toHaveLength(1);
});

it("shows what is left at once, not the time the server wrote", async () => {
  worldClock.set("2026-11-26T10:00:00Z", 0);
  happens(1);
  await vi.advanceTimersByTimeAsync(150);
  await answer(`<p id="part"><time data-clock="due" datetime="2026-11-26T10:04:30Z">11-26 18:04</time></p>`);
  const clock = document.querySelector("time")!;
  expect(clock.textContent).toContain("4:30");
  const standing = clock.parentElement;
  await vi.advanceTimersByTimeAsync(20_000);
  happens(2);
  await vi.advanceTimersByTimeAsync(20_000);
  await answer(`<p id="part"><time data-clock="due" datetime="2026-11-26T10:04:30Z">11-26 18:04</time></p>`);
  // The same again is not replaced: whoever reads there loses neither place nor selection.
  expect(document.querySelector("time")!.parentElement).toBe(standing);
});
