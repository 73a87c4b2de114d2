/** The board: `<div data-controller="board" data-world="KEY" data-icons="sprite" data-state="id of a JSON script with the first state">`. */
import "./styles/continuity.css";
import "./styles/board.css";
import { iconsFrom } from "./board/dom";
import { Feed } from "./board/feed";
import { View } from "./board/view";
import { controller } from "./controllers/registry";

controller("board", (root) => {
  iconsFrom(root.dataset.icons ?? "");
  const view = new View(root);
  const feed = new Feed(root.dataset.world ?? "real", (shown) => view.show(shown));
  const first = document.getElementById(root.dataset.state ?? "")?.textContent;
  feed.start(first ? JSON.parse(first) : undefined);
  // Styles and letters may come after this script, and clocks grow: what fits is looked at again as time goes by.
  const timer = setInterval(() => {
    view.line();
    view.fit();
  }, 1000);
  const resized = (): void => view.fit();
  window.addEventListener("resize", resized);
  window.addEventListener("load", resized);
  document.fonts?.addEventListener("loadingdone", resized);
  return () => {
    window.removeEventListener("resize", resized);
    window.removeEventListener("load", resized);
    document.fonts?.removeEventListener("loadingdone", resized);
    clearInterval(timer);
    feed.stop();
  };
});
