/** A button that leads to a line of a text field: `<button data-controller="goline" data-line="240" data-for="id_text">`. */
import { controller } from "./registry";

/** Where a line begins and ends in a text; beyond the last one it is the end. */
export function lineAt(text: string, line: number): [number, number] {
  let begin = 0;
  for (let left = line; left > 1; left -= 1) {
    const next = text.indexOf("\n", begin);
    if (next < 0) return [text.length, text.length];
    begin = next + 1;
  }
  const end = text.indexOf("\n", begin);
  return [begin, end < 0 ? text.length : end];
}

controller<HTMLButtonElement>("goline", (button) => {
  const go = () => {
    const field = document.getElementById(button.dataset.for ?? "");
    if (!(field instanceof HTMLTextAreaElement)) return;
    const line = Number(button.dataset.line);
    const [begin, end] = lineAt(field.value, line);
    field.focus();
    field.setSelectionRange(begin, end);
    field.scrollTop = (field.scrollHeight / field.value.split("\n").length) * Math.max(0, line - 4);
  };
  button.addEventListener("click", go);
  return () => button.removeEventListener("click", go);
});
