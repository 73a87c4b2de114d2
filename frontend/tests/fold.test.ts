import { afterEach, expect, it, vi } from "vitest";
import "../src/controllers/fold";
import { start } from "../src/controllers/registry";

let stop = () => {};
afterEach(() => stop());

const page = (narrow: boolean): HTMLDetailsElement => {
  vi.stubGlobal("matchMedia", () => ({ matches: narrow }));
  document.body.innerHTML = `<details data-controller="fold" open><summary>Log</summary><p>long</p></details>`;
  stop = start(document.body);
  return document.querySelector("details")!;
};

it("begins folded on a phone and open on a desk", () => {
  expect(page(true).open).toBe(false);
  stop();
  expect(page(false).open).toBe(true);
});

it("is whole on paper and then as it was left", () => {
  const details = page(true);
  window.dispatchEvent(new Event("beforeprint"));
  expect(details.open).toBe(true);
  window.dispatchEvent(new Event("afterprint"));
  expect(details.open).toBe(false);
  details.open = true;
  window.dispatchEvent(new Event("beforeprint"));
  window.dispatchEvent(new Event("afterprint"));
  expect(details.open).toBe(true);
});
