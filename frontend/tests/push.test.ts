import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { bytesOf, digestOf } from "../src/controllers/push";
import { start } from "../src/controllers/registry";
import { pathOf, shownOf } from "../src/push/shown";

const HERE = "https://hotline.example.org";
const ADDRESS = "https://push.example/abc";
const KEY = "BAUG"; // 04 05 06

it("leads to paths of ours and nowhere else", () => {
  expect(pathOf("/messages/?before=8#message-7", HERE)).toBe("/messages/?before=8#message-7");
  for (const elsewhere of ["https://evil.example/", "//evil.example/x", "javascript:alert(1)", "data:text/html,x"])
    expect(pathOf(elsewhere, HERE)).toBe("/messages/");
});

it("shows what was said, and something when nothing could be read", () => {
  const said = { title: "Level I proposed", body: "Level I · 2026-0007", lang: "en", link: "/messages/", tag: "k", urgent: true };
  expect(shownOf(said, HERE)).toEqual({
    title: "Level I proposed",
    options: { body: "Level I · 2026-0007", lang: "en", tag: "k", requireInteraction: true, data: "/messages/" },
  });
  expect(shownOf({}, HERE)).toMatchObject({ title: "Hotline EP", options: { data: "/messages/" } });
});

// --- the page, with a browser's push stood in for ---------------------------------------------------------------------------
type Own = { endpoint: string; options: { applicationServerKey: ArrayBuffer }; toJSON(): unknown; unsubscribe: () => Promise<boolean> };
let own: Own | null = null;
let stop = () => {};
const subscription = (key = KEY): Own => ({
  endpoint: ADDRESS,
  options: { applicationServerKey: bytesOf(key).buffer },
  toJSON: () => ({ endpoint: ADDRESS, keys: { p256dh: "P", auth: "A" } }),
  unsubscribe: vi.fn(async () => ((own = null), true)),
});
const pushManager = { getSubscription: async () => own, subscribe: vi.fn(async () => (own = subscription())) };

function browser(permission: string, asked = permission): void {
  vi.stubGlobal("isSecureContext", true);
  vi.stubGlobal("PushManager", class {});
  vi.stubGlobal("Notification", { permission, requestPermission: async () => asked });
  const worker = { register: vi.fn(async () => undefined), ready: Promise.resolve({ pushManager }), getRegistration: async () => ({ pushManager }) };
  Object.defineProperty(navigator, "serviceWorker", { value: worker, configurable: true });
}

const STATES = ["asking", "unsupported", "blocked", "off", "elsewhere", "here", "failed"];
async function page(rows: string[] = []): Promise<HTMLElement> {
  document.body.innerHTML = `<section data-controller="push" data-key="${KEY}">
    ${STATES.map((state) => `<p data-push-state="${state}" ${state === "asking" ? "" : "hidden"}></p>`).join("")}
    <form data-push-form hidden><input name="endpoint"><input name="p256dh"><input name="auth"><button type="button" data-push-on></button></form></section>
    ${rows.map((digest) => `<div data-push-row="${digest}"><i data-push-here hidden></i><form data-push-remove><button></button></form></div>`).join("")}`;
  stop = start(document.body);
  const place = document.querySelector<HTMLElement>("section")!;
  await vi.waitFor(() => expect(place.dataset.state).toBeDefined());
  return place;
}
const visible = (place: HTMLElement) =>
  [...place.querySelectorAll<HTMLElement>("[data-push-state]")].filter((one) => !one.hidden).map((one) => one.dataset.pushState);

beforeEach(() => {
  own = null;
  pushManager.subscribe.mockClear();
});
afterEach(() => {
  stop();
  vi.unstubAllGlobals();
  Reflect.deleteProperty(navigator, "serviceWorker");
});

it("says that a browser without push can show nothing, and offers no button", async () => {
  const place = await page();
  expect(visible(place)).toEqual(["unsupported"]);
  expect(place.querySelector("form")!.hidden).toBe(true);
});

it.each([
  ["blocked by the browser", "denied", false, [], "blocked", true],
  ["never asked", "default", false, [], "off", false],
  ["on in others only", "default", false, ["other"], "elsewhere", false],
  ["a subscription the server does not know", "granted", true, ["other"], "elsewhere", false],
  ["a subscription whose permission was taken away", "default", true, ["mine"], "elsewhere", false],
  ["on here", "granted", true, ["mine", "other"], "here", true],
] as const)("stands as it is: %s", async (_case, permission, subscribed, rows, state, hidden) => {
  browser(permission);
  own = subscribed ? subscription() : null;
  const digest = await digestOf(ADDRESS);
  const place = await page(rows.map((row) => (row === "mine" ? digest : "0".repeat(64))));
  expect(visible(place)).toEqual([state]);
  expect(place.querySelector("form")!.hidden).toBe(hidden);
  const marked = [...document.querySelectorAll<HTMLElement>("[data-push-here]")].filter((one) => !one.hidden).length;
  expect(marked).toBe(state === "here" ? 1 : 0);
});

it("ends a subscription made for another key", async () => {
  browser("granted");
  const former = subscription("BAUH");
  own = former;
  expect(visible(await page())).toEqual(["off"]);
  expect(former.unsubscribe).toHaveBeenCalledOnce();
});

it("hands over what the browser gave", async () => {
  browser("default", "granted");
  const place = await page();
  const sent = vi.fn((event: Event) => event.preventDefault());
  place.querySelector("form")!.addEventListener("submit", sent);
  place.querySelector<HTMLButtonElement>("[data-push-on]")!.click();
  await vi.waitFor(() => expect(sent).toHaveBeenCalledOnce());
  expect([...place.querySelectorAll("input")].map((field) => field.value)).toEqual([ADDRESS, "P", "A"]);
  expect(navigator.serviceWorker.register).toHaveBeenCalledWith("/sw.js", { scope: "/" });
});

it("says when the browser gets no place with its push service", async () => {
  browser("granted");
  vi.spyOn(console, "warn").mockImplementation(() => undefined);
  pushManager.subscribe.mockRejectedValueOnce(new DOMException("no", "AbortError"));
  const place = await page();
  place.querySelector<HTMLButtonElement>("[data-push-on]")!.click();
  await vi.waitFor(() => expect(visible(place)).toEqual(["failed"]));
  expect(place.querySelector("form")!.hidden).toBe(false);
});

it("lets this browser forget before the server does", async () => {
  browser("granted");
  own = subscription();
  const mine = own;
  await page([await digestOf(ADDRESS)]);
  const form = document.querySelector<HTMLFormElement>("[data-push-remove]")!;
  form.submit = vi.fn();
  form.requestSubmit();
  await vi.waitFor(() => expect(form.submit).toHaveBeenCalledOnce());
  expect(mine.unsubscribe).toHaveBeenCalledOnce();
});
