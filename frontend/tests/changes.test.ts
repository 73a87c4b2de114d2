import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { start } from "../src/controllers/registry";
import "../src/room/changes";
import "../src/room/lines";

const READING = "10:00: Availability 96 %.";
const lines = (kept: boolean) => `<div class="changes"><ul data-controller="lines" data-into="text"${kept ? " data-kept" : ""}>
  <li><button type="button" class="line" data-line="Reach: one region">x</button></li><li><button type="button" class="line" data-line="Level II">y</button></li></ul>
  <p><button type="button" data-all="keep">k</button><button type="button" data-all="strike">s</button></p></div>`;
let stop = () => {};
const field = () => document.querySelector("textarea")!;
const place = () => document.querySelector("[data-controller=changes]")!;
const pressed = () => [...document.querySelectorAll("button[data-line]")].map((button) => button.getAttribute("aria-pressed"));

const answer = (text: string, more: Partial<Response> = {}) => vi.stubGlobal("fetch", vi.fn(async () => ({ ok: true, redirected: false, text: async () => text, ...more })));
async function opened(): Promise<void> {
  document.querySelector("dialog")!.dispatchEvent(new Event("opened"));
  await vi.waitFor(() => expect(place().textContent).not.toContain("Reading"));
}

beforeEach(() => {
  document.body.innerHTML = `<dialog><form><div data-controller="changes" data-from="/obligations/7/changes/" data-into="text"></div><textarea id="text">${READING}</textarea></form></dialog>`;
  stop = start(document.body);
});
afterEach(() => {
  stop();
  vi.unstubAllGlobals();
});

it("begins a report of a rhythm with the sentences, after what it begins with anyway", async () => {
  answer(lines(true));
  await opened();
  expect(field().value).toBe(`${READING}\nReach: one region\nLevel II`);
  await vi.waitFor(() => expect(pressed()).toEqual(["true", "true"]));
  document.querySelector<HTMLElement>("[data-all=strike]")!.click();
  expect([field().value, pressed()]).toEqual([READING, ["false", "false"]]);
  document.querySelector<HTMLElement>("[data-all=keep]")!.click();
  expect(field().value).toBe(`${READING}\nReach: one region\nLevel II`);
});

it("offers them to any other proof, and takes over what is tapped", async () => {
  answer(lines(false));
  await opened();
  await vi.waitFor(() => expect(pressed()).toEqual(["false", "false"]));
  expect(field().value).toBe(READING);
  document.querySelector<HTMLElement>("button[data-line]")!.click();
  expect(field().value).toBe(`${READING}\nReach: one region`);
});

it("never changes what was typed, and reads anew each time it is opened", async () => {
  answer(lines(true));
  await opened();
  answer(lines(true).replaceAll("Level II", "Level I"));
  await opened();
  expect(field().value).toBe(`${READING}\nReach: one region\nLevel I`);
  field().value = "We measured by hand.";
  await opened();
  expect(field().value).toBe("We measured by hand.");
});

it("says so when it cannot be read, and leaves the proof to be written", async () => {
  for (const fail of [() => answer("", { ok: false }), () => answer("signed out", { redirected: true }), () => vi.stubGlobal("fetch", vi.fn(async () => { throw new TypeError("gone"); }))]) {
    fail();
    await opened();
    expect([place().textContent, field().value]).toEqual(["What changed since the last time could not be read; the proof can be written without it.", READING]);
  }
});
