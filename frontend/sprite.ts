/** One SVG file with the icons the pages use, drawn by Tabler; pages show one with `<use href="…/icons.svg#name">`. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Plugin } from "vite";
import { FILLED, OUTLINE } from "./icons.ts";

const require = createRequire(import.meta.url);

function symbol(style: "outline" | "filled", name: string, id: string): string {
  const svg = readFileSync(require.resolve(`@tabler/icons/${style}/${name}.svg`), "utf8");
  const shapes = svg.slice(svg.indexOf(">", svg.indexOf("<svg")) + 1, svg.lastIndexOf("</svg>")).replace(/\s+/g, " ").trim();
  const paint = style === "filled"
    ? 'fill="currentColor"'
    : 'fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"';
  return `<symbol id="${id}" viewBox="0 0 24 24"><g ${paint}>${shapes}</g></symbol>`;
}

export function iconSprite(): Plugin {
  return {
    name: "icon-sprite",
    generateBundle() {
      const symbols = [
        ...OUTLINE.map((name) => symbol("outline", name, name)),
        ...FILLED.map((name) => symbol("filled", name, `${name}-filled`)),
      ];
      const source = `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>\n`;
      this.emitFile({ type: "asset", name: "icons.svg", originalFileName: "icons.svg", source });
    },
  };
}
