import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Feed } from "../src/board/feed";

class Socket {
  static last: Socket;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: (() => void) | null = null;
  constructor() {
    Socket.last = this;
  }
  close(): void {}
  hear(frame: object): void {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }
}

const NOW = "2026-01-01T00:00:00Z";
const state = {
  world: { key: "real", name: { zh: "", en: "" }, real: true, now: NOW, rate: 1 },
  heads: {}, incidents: [], readings: [], bci: { clause: "1.2", rules: [], trend: [] }, alarms: [], names: {}, grades: {},
};
let asked = 0;
let takes = 0;

beforeEach(() => {
  asked = 0;
  takes = 0;
  vi.useFakeTimers();
  vi.stubGlobal("WebSocket", Socket);
  vi.stubGlobal("fetch", async () => {
    asked += 1;
    if (takes) await new Promise((done) => setTimeout(done, takes));
    return new Response(JSON.stringify(state), { headers: { "Content-Type": "application/json" } });
  });
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("another mark of alarms and deputies makes the board read anew, the same one does not", async () => {
  const feed = new Feed("real", () => undefined, "https://hotline.example");
  feed.start(state);
  Socket.last.hear({ t: "hello", heads: {}, now: NOW, around: "a" });
  await vi.advanceTimersByTimeAsync(100);
  expect(asked).toBe(1);
  Socket.last.hear({ t: "heads", heads: {}, now: NOW, around: "a" });
  await vi.advanceTimersByTimeAsync(3000);
  expect(asked).toBe(1);
  Socket.last.hear({ t: "around", around: "b" });
  await vi.advanceTimersByTimeAsync(2000);
  expect(asked).toBe(2);
  Socket.last.hear({ t: "heads", heads: {}, now: NOW, around: "c" });
  await vi.advanceTimersByTimeAsync(2000);
  expect(asked).toBe(3);
  feed.stop();
});

test("a mark heard while the board is being read is read for as well, and no other timer loses it", async () => {
  const feed = new Feed("real", () => undefined, "https://hotline.example");
  feed.start(state);
  Socket.last.hear({ t: "hello", heads: {}, now: NOW, around: "a" });
  await vi.advanceTimersByTimeAsync(100);
  takes = 800;
  Socket.last.hear({ t: "around", around: "b", spread: 0 });
  await vi.advanceTimersByTimeAsync(250);
  expect(asked).toBe(2);
  Socket.last.hear({ t: "heads", heads: {}, now: NOW, around: "c", spread: 500 });
  await vi.advanceTimersByTimeAsync(500); // 0.75 s: still being read
  expect(asked).toBe(2);
  await vi.advanceTimersByTimeAsync(1500);
  expect(asked).toBe(3);
  await vi.advanceTimersByTimeAsync(5000);
  expect(asked).toBe(3);
  feed.stop();
});

test("a mark that comes again and again asks once until the board was read", async () => {
  const feed = new Feed("real", () => undefined, "https://hotline.example");
  feed.start(state);
  Socket.last.hear({ t: "hello", heads: {}, now: NOW, around: "a" });
  await vi.advanceTimersByTimeAsync(100);
  vi.spyOn(Math, "random").mockReturnValue(0.9);
  for (const around of ["b", "c", "d"]) {
    Socket.last.hear({ t: "around", around, spread: 10_000 });
    await vi.advanceTimersByTimeAsync(2900);
  }
  expect(asked).toBe(1);
  await vi.advanceTimersByTimeAsync(400);
  expect(asked).toBe(2);
  await vi.advanceTimersByTimeAsync(20_000);
  expect(asked).toBe(2);
  feed.stop();
});
