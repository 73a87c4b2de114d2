/**
 * `<details data-controller="fold" open>`: a long list that begins folded on a phone. On paper it is whole, however it stood on the screen;
 * without scripts it is open.
 */
import { controller } from "./registry";

const NARROW = "(max-width: 40rem)"; // where tables become cards

controller<HTMLDetailsElement>("fold", (details) => {
  let asked = details.open; // as the reader left it
  if (window.matchMedia(NARROW).matches) asked = details.open = false;
  const unfold = () => {
    asked = details.open;
    details.open = true;
  };
  const restore = () => {
    details.open = asked;
  };
  window.addEventListener("beforeprint", unfold);
  window.addEventListener("afterprint", restore);
  return () => {
    window.removeEventListener("beforeprint", unfold);
    window.removeEventListener("afterprint", restore);
  };
});
