/** A `<details>` used as a menu closes on Escape, on a choice and on a click elsewhere. */
import { controller } from "./registry";

controller<HTMLDetailsElement>("menu", (menu) => {
  const outside = (event: Event) => {
    if (menu.open && !menu.contains(event.target as Node)) menu.open = false;
  };
  const escape = (event: KeyboardEvent) => {
    if (event.key !== "Escape" || !menu.open) return;
    menu.open = false;
    menu.querySelector("summary")?.focus();
  };
  document.addEventListener("click", outside);
  document.addEventListener("keydown", escape);
  return () => {
    document.removeEventListener("click", outside);
    document.removeEventListener("keydown", escape);
  };
});
