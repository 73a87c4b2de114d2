import { afterEach, beforeEach, expect, it } from "vitest";
import { View } from "../src/board/view";
import type { State } from "../src/board/types";
import { keepingFocus } from "../src/focus";

const focused = (): string | null => (document.activeElement as HTMLElement).getAttribute("href") ?? (document.activeElement?.textContent || null);

afterEach(() => document.body.replaceChildren());

it("stays on the thing somebody is at, though its row moved", () => {
  const rows = (...ids: number[]): string => ids.map((id) => `<li data-key="${id}"><a href="#clause">${id}</a></li>`).join("");
  document.body.innerHTML = `<ul>${rows(1, 2, 3)}</ul>`;
  const list = document.querySelector("ul")!;
  list.querySelectorAll("a")[1]!.focus();
  keepingFocus(list, () => (list.innerHTML = rows(9, 3, 2, 1)));
  expect(document.activeElement!.textContent).toBe("2");
});

it("goes nowhere when what it was on is gone, and leaves the focus of others alone", () => {
  document.body.innerHTML = `<input><ul><li><a href="#a">a</a></li></ul>`;
  const list = document.querySelector("ul")!;
  document.querySelector("input")!.focus();
  keepingFocus(list, () => (list.innerHTML = `<li><a href="#b">b</a></li>`));
  expect(document.activeElement!.localName).toBe("input");
  list.querySelector("a")!.focus();
  keepingFocus(list, () => (list.innerHTML = `<li><a href="#c">c</a></li>`));
  expect(document.activeElement).toBe(document.body);
});

it("finds its place again when the whole part was replaced", () => {
  document.body.innerHTML = `<section id="part"><button name="done" value="1">old</button></section>`;
  const part = document.getElementById("part")!;
  part.querySelector("button")!.focus();
  keepingFocus(part, () => (part.outerHTML = `<section id="part"><button name="done" value="2">other</button><button name="done" value="1">new</button></section>`),
    () => document.getElementById("part"));
  expect(focused()).toBe("new");
});

const incident = (number: string, title: string, at: string) => ({
  number, stream: Number(number.slice(-1)), seq: 1, title: { zh: title, en: title }, phase: "response", level: null, regions: [], opened_at: at, groups: [],
  obligations: [], tasks: [], log: [], warning: null, major: null,
});
const board = (...incidents: ReturnType<typeof incident>[]): State =>
  ({ heads: {}, names: {}, grades: {}, readings: [], alarms: [], bci: { rules: [], trend: [] }, incidents }) as unknown as State;

beforeEach(() => {
  document.body.innerHTML = `<main data-controller="board"><div data-part="incidents"></div><ul data-part="duties"></ul></main>`;
});

it("is not lost by the board's redrawing, on a card that changed and on one that did not", () => {
  const view = new View(document.querySelector("main")!);
  const [one, two] = [incident("2026-0001", "one", "2026-11-24T03:05:00Z"), incident("2026-0002", "two", "2026-11-24T03:06:00Z")];
  const show = (state: State): void => view.show({ state, line: "live", since: 0 });
  show(board(one, two));
  for (const number of ["2026-0001", "2026-0002"]) {
    document.querySelector<HTMLElement>(`[data-incident="${number}"] h2 a`)!.focus();
    show(board({ ...one, title: { zh: number, en: number } }, two));
    expect(focused()).toBe(`/incidents/${number}/`);
  }
});
