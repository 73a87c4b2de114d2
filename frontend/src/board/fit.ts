/** Shows as many entries of a list as fit whole, and says how many more there are. */
import { say } from "../words";
import { h } from "./dom";

export function fit(list: HTMLElement): void {
  list.querySelector(":scope > .more")?.remove();
  const entries = [...list.children] as HTMLElement[];
  entries.forEach((entry) => (entry.hidden = false));
  const inside = (): boolean => list.scrollHeight <= list.clientHeight + 1;
  if (inside()) return;
  const more = h(/^[OU]L$/.test(list.tagName) ? "li" : "div", { class: "more" });
  list.append(more);
  let hidden = 0;
  for (const entry of entries.reverse()) {
    if (inside()) break;
    entry.hidden = true;
    more.textContent = say("and {n} more", { n: ++hidden });
  }
  if (hidden === entries.length) more.remove(); // a count of what nobody sees any of tells nothing
}
