import { afterEach, expect, it, vi } from "vitest";
import "../src/controllers/confirm";
import { lineAt } from "../src/controllers/goline";
import "../src/controllers/menu";
import "../src/controllers/theme";
import { controller, start } from "../src/controllers/registry";
import { problemText, toast } from "../src/controllers/toasts";

let stop = () => {};
const open = (html: string) => {
  document.body.innerHTML = html;
  stop = start(document.body);
};
const moved = () => new Promise((resolve) => setTimeout(resolve)); // MutationObserver speaks after the task
afterEach(() => stop());

it("connects what htmx brings and disconnects what it removes", async () => {
  const gone = vi.fn();
  const came = vi.fn(() => gone);
  controller("probe", came);
  open(`<div id="place"></div>`);
  document.getElementById("place")!.innerHTML = `<p><i data-controller="probe other"></i></p>`;
  await moved();
  expect(came).toHaveBeenCalledTimes(1);
  document.getElementById("place")!.replaceChildren();
  await moved();
  expect(gone).toHaveBeenCalledTimes(1);
});

it("connects elements that were there before their controller was loaded", () => {
  open(`<i data-controller="late"></i>`);
  const came = vi.fn();
  controller("late", came);
  expect(came).toHaveBeenCalledTimes(1);
});

it("asks before it does, and Cancel sends nothing", () => {
  open(`<button data-controller="confirm" data-dialog="d">End</button>
    <dialog id="d"><form><textarea name="reason"></textarea><button type="button" value="cancel">Cancel</button></form></dialog>`);
  const dialog = document.querySelector("dialog")!;
  document.querySelector("button")!.click();
  expect(dialog.open).toBe(true);
  dialog.querySelector<HTMLButtonElement>("[value=cancel]")!.click();
  expect(dialog.open).toBe(false);
});

it("keeps the chosen theme where the server sees it", () => {
  open(`<div data-controller="theme"><button value="light"></button><button value="dark"></button></div>`);
  document.querySelector<HTMLButtonElement>("[value=dark]")!.click();
  expect(document.documentElement.dataset.theme).toBe("dark");
  expect(document.cookie).toContain("theme=dark");
  expect(document.querySelector("[value=dark]")!.getAttribute("aria-pressed")).toBe("true");
});

it("lets good news pass and bad news stay", async () => {
  vi.useFakeTimers();
  await import("../src/controllers/toasts");
  document.body.innerHTML = `<div id="toasts"></div>`;
  toast("saved", "success");
  toast("not saved", "error");
  stop = start(document.body);
  vi.advanceTimersByTime(10_000);
  expect(document.getElementById("toasts")!.textContent).toBe("not saved");
  vi.useRealTimers();
});

it("reads the sentence of a problem, and of nothing else", () => {
  expect(problemText(`{"title": "Not allowed", "detail": "Ask HQ."}`)).toBe("Ask HQ.");
  expect(problemText("<html>")).toBeUndefined();
});

it("leads to the line of a text that a fault is in", () => {
  expect(lineAt("a\nbb\nccc", 2)).toEqual([2, 4]);
  expect(lineAt("a\nbb\nccc", 3)).toEqual([5, 8]);
  expect(lineAt("a\nbb", 9)).toEqual([4, 4]);
  open(`<textarea id="t">a\nbb\nccc</textarea><button data-controller="goline" data-line="2" data-for="t">line 2</button>`);
  document.querySelector("button")!.click();
  const field = document.querySelector("textarea")!;
  expect([field.selectionStart, field.selectionEnd, document.activeElement]).toEqual([2, 4, field]);
});
