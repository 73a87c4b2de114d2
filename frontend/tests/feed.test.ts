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

beforeEach(() => {
  asked = 0;
  vi.useFakeTimers();
  vi.stubGlobal("WebSocket", Socket);
  vi.stubGlobal("fetch", async () => {
    asked += 1;
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
