/**
 * `<ul data-controller="lines" data-into="id">` of `<button aria-pressed data-line="…">`: each sentence is a line of the text field of that id, or it
 * is not. A tap strikes it or puts it back at the end; what the person writes by hand counts as well, and is never touched. Beside the list,
 * `<button data-all="keep">` and `data-all="strike"` do it to every sentence.
 */
import { controller } from "../controllers/registry";

export function withLine(text: string, line: string): string {
  return text === "" ? line : `${text.replace(/\n+$/, "")}\n${line}`;
}

/** The text without the first line that is exactly this one. */
export function withoutLine(text: string, line: string): string {
  const lines = text.split("\n");
  const at = lines.indexOf(line);
  return at < 0 ? text : lines.filter((_, n) => n !== at).join("\n");
}

controller("lines", (list) => {
  const field = document.getElementById(list.dataset.into ?? "");
  if (!(field instanceof HTMLTextAreaElement)) throw new Error(`no text field “${list.dataset.into}” for these lines`);
  const buttons = [...list.querySelectorAll<HTMLButtonElement>("button[data-line]")];
  const show = () => {
    const lines = new Set(field.value.split("\n"));
    for (const button of buttons) button.setAttribute("aria-pressed", String(lines.has(button.dataset.line ?? "")));
  };
  const turn = (button: HTMLButtonElement) => {
    const line = button.dataset.line ?? "";
    field.value = button.getAttribute("aria-pressed") === "true" ? withoutLine(field.value, line) : withLine(field.value, line);
  };
  const changed = () => field.dispatchEvent(new Event("input", { bubbles: true })); // the draft is kept, and `show` runs
  const tap = (event: Event) => {
    const button = (event.target as Element).closest<HTMLButtonElement>("button[data-line]");
    if (!button) return;
    turn(button);
    changed();
  };
  const all = (event: Event) => {
    const wanted = (event.currentTarget as HTMLElement).dataset.all === "keep";
    buttons.filter((button) => (button.getAttribute("aria-pressed") === "true") !== wanted).forEach(turn);
    changed();
  };
  const alls = [...(list.parentElement?.querySelectorAll<HTMLElement>("[data-all]") ?? [])];
  alls.forEach((button) => button.addEventListener("click", all));
  list.addEventListener("click", tap);
  field.addEventListener("input", show);
  field.addEventListener("change", show); // a draft that was brought back
  show();
  return () => {
    alls.forEach((button) => button.removeEventListener("click", all));
    list.removeEventListener("click", tap);
    field.removeEventListener("input", show);
    field.removeEventListener("change", show);
  };
});
