import { afterEach, beforeEach, expect, it } from "vitest";
import { start } from "../src/controllers/registry";
import { withLine, withoutLine } from "../src/room/lines";

const BEGINS = "Availability: from 97 % to 96 %\nReach: one region";
let stop = () => {};
const field = () => document.querySelector("textarea")!;
const pressed = () => [...document.querySelectorAll("button")].map((button) => button.getAttribute("aria-pressed"));

beforeEach(() => {
  document.body.innerHTML = `<ul data-controller="lines" data-into="text">
    <li><button type="button" aria-pressed="true" data-line="Availability: from 97 % to 96 %">x</button></li>
    <li><button type="button" aria-pressed="true" data-line="Reach: one region">y</button></li></ul>
    <textarea id="text">${BEGINS}</textarea>`;
  stop = start(document.body);
});
afterEach(() => stop());

it("strikes a sentence and puts it back at the end", () => {
  const [first] = document.querySelectorAll("button");
  first!.click();
  expect([field().value, pressed()]).toEqual(["Reach: one region", ["false", "true"]]);
  first!.click();
  expect(field().value).toBe("Reach: one region\nAvailability: from 97 % to 96 %");
});

it("leaves alone what a person wrote, and sees what he struck by hand", () => {
  field().value = "We switched over.\nReach: one region";
  field().dispatchEvent(new Event("input", { bubbles: true }));
  expect(pressed()).toEqual(["false", "true"]);
  document.querySelectorAll("button")[1]!.click();
  expect(field().value).toBe("We switched over.");
});

it("strikes no line that only begins alike", () => {
  expect(withoutLine("Reach: one region, north", "Reach: one region")).toBe("Reach: one region, north");
  expect(withLine("", "a")).toBe("a");
});
