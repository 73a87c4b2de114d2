import { beforeEach, expect, it, vi } from "vitest";

type Does = (event: unknown) => void;
const heard: Record<string, Does> = {};
const shown = vi.fn(async () => undefined);
const opened = vi.fn(async () => null);
let windows: { url: string; focus: () => Promise<unknown>; navigate: (url: string) => Promise<null> }[] = [];

beforeEach(async () => {
  vi.resetModules();
  vi.clearAllMocks();
  windows = [];
  for (const kind of Object.keys(heard)) delete heard[kind];
  vi.stubGlobal("self", {
    location: { origin: "https://hotline.example.org" },
    registration: { showNotification: shown },
    clients: { matchAll: async () => windows, openWindow: opened },
    addEventListener: (kind: string, does: Does) => (heard[kind] = does),
  });
  await import("../src/sw");
  vi.unstubAllGlobals();
});

async function happens(kind: string, event: object): Promise<void> {
  const done: Promise<unknown>[] = [];
  heard[kind]!({ ...event, waitUntil: (later: Promise<unknown>) => done.push(later) });
  await Promise.all(done);
}

const pressed = (link: unknown) => ({ notification: { close: vi.fn(), data: link } });

it("hears pushes and presses, and nothing else: no request is ever answered from a copy", () => {
  expect(Object.keys(heard).sort()).toEqual(["notificationclick", "push"]);
});

it("shows what is pushed", async () => {
  const said = { title: "Level I proposed", body: "Level I", lang: "en", link: "/messages/", tag: "k", urgent: false };
  await happens("push", { data: { json: () => said } });
  expect(shown).toHaveBeenCalledWith("Level I proposed", expect.objectContaining({ tag: "k", data: "/messages/" }));
});

it.each([
  ["empty", null],
  ["no JSON", { json: () => JSON.parse("<") }],
])("shows something for a push that is %s", async (_case, data) => {
  await happens("push", { data });
  expect(shown).toHaveBeenCalledWith("Hotline EP", expect.objectContaining({ data: "/messages/" }));
});

it("opens a page of its own, and leaves a form half filled in alone", async () => {
  const report = { url: "https://hotline.example.org/report/", focus: vi.fn(), navigate: vi.fn() };
  windows = [report as never];
  const event = pressed("/messages/?before=8#message-7");
  await happens("notificationclick", event);
  expect(event.notification.close).toHaveBeenCalledOnce();
  expect(opened).toHaveBeenCalledWith("/messages/?before=8#message-7");
  expect(report.navigate).not.toHaveBeenCalled();
});

it("goes on in a page that shows the messages already", async () => {
  const inbox = { url: "https://hotline.example.org/messages/?x", focus: vi.fn(async () => inbox), navigate: vi.fn(async () => null) };
  windows = [inbox as never];
  await happens("notificationclick", pressed("/messages/?before=8#message-7"));
  expect(inbox.navigate).toHaveBeenCalledWith("/messages/?before=8#message-7");
  expect(opened).not.toHaveBeenCalled();
});
