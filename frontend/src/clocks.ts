/** The wall of one incident's clocks: `<div data-controller="clockwall">`. A wall does not scroll: what does not fit is counted instead. */
import "./styles/board.css";
import "./styles/clocks.css";
import { fit } from "./board/fit";
import { controller } from "./controllers/registry";
import "./room/refresh";

const EVERY_MS = 1000; // letters come late, clocks grow, and the list is fetched again when something happens

controller("clockwall", (root) => {
  if (document.documentElement.dataset.theme !== "wall") return () => undefined;
  const look = (): void => root.querySelectorAll<HTMLElement>("[data-fit]").forEach(fit);
  const timer = setInterval(look, EVERY_MS);
  window.addEventListener("resize", look);
  look();
  return () => {
    clearInterval(timer);
    window.removeEventListener("resize", look);
  };
});
