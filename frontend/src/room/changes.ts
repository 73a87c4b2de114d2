/**
 * `<div data-controller="changes" data-from="/obligations/7/changes/" data-into="id">` in a dialog: what changed since the last proof is read each
 * time the dialog is opened, for the page may be an hour old. A report of a rhythm begins with the sentences, as long as nobody has touched its
 * text; nothing that was typed or brought back is ever changed. Without an answer the proof is written without them.
 */
import { controller } from "../controllers/registry";
import { send, Unreachable } from "../http";
import { say } from "../words";
import { withLine } from "./lines";

async function read(address: string): Promise<Element | undefined> {
  try {
    const answer = await send(address, { headers: { Accept: "text/html" } });
    if (!answer.ok || answer.redirected) return undefined;
    return new DOMParser().parseFromString(await answer.text(), "text/html").querySelector(".changes") ?? undefined;
  } catch (error) {
    if (error instanceof Unreachable) return undefined;
    throw error;
  }
}

function note(sentence: string): HTMLParagraphElement {
  const line = document.createElement("p");
  line.className = "help";
  line.setAttribute("role", "status");
  line.textContent = sentence;
  return line;
}

controller("changes", (place) => {
  const dialog = place.closest("dialog");
  const field = document.getElementById(place.dataset.into ?? "");
  if (!dialog || !(field instanceof HTMLTextAreaElement)) throw new Error(`no dialog with “${place.dataset.into}” for these changes`);
  let begun = field.defaultValue; // what the field holds by itself

  const begin = (found: Element): void => {
    if (field.value !== begun) return;
    const kept = found.querySelectorAll<HTMLElement>("[data-kept] [data-line]");
    begun = [...kept].reduce((text, line) => withLine(text, line.dataset.line ?? ""), field.defaultValue);
    field.value = begun; // no `input`: what nobody typed is no draft
  };
  const opened = async (): Promise<void> => {
    place.replaceChildren(note(say("Reading what changed since the last time…")));
    const found = await read(place.dataset.from ?? "");
    if (found) begin(found);
    const shown = found ? document.importNode(found, true) : note(say("What changed since the last time could not be read; the proof can be written without it."));
    place.replaceChildren(shown);
  };
  const open = () => void opened();
  dialog.addEventListener("opened", open);
  return () => dialog.removeEventListener("opened", open);
});
