/**
 * Light, dark, or as the device says. The choice is a cookie, because the server writes it into `<html data-theme>`: the page is never painted
 * in the wrong one first.
 */
import { controller } from "./registry";

export const THEMES = ["auto", "light", "dark"] as const;
const YEAR = 365 * 86_400;

export function themeSet(theme: string): void {
  document.documentElement.dataset.theme = theme;
  document.cookie = `theme=${theme}; path=/; max-age=${YEAR}; samesite=lax`;
  document.dispatchEvent(new CustomEvent("themechange"));
}

/** A group of buttons `<button value="dark">`; the chosen one is `aria-pressed`. */
controller("theme", (group) => {
  const buttons = [...group.querySelectorAll<HTMLButtonElement>("button[value]")];
  const show = () => {
    const chosen = document.documentElement.dataset.theme ?? "auto";
    buttons.forEach((button) => button.setAttribute("aria-pressed", String(button.value === chosen)));
  };
  const choose = (event: Event) => {
    const button = (event.target as HTMLElement).closest<HTMLButtonElement>("button[value]");
    if (!button) return;
    themeSet(button.value);
    show();
  };
  group.addEventListener("click", choose);
  show();
  return () => group.removeEventListener("click", choose);
});
