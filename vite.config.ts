import { resolve } from "node:path";
import { defineConfig } from "vitest/config";
import { iconSprite } from "./frontend/sprite.ts";

const page = (name: string) => resolve(import.meta.dirname, `frontend/src/${name}.ts`);

export default defineConfig({
  root: "frontend",
  base: "./", // fonts and chunks are found relative to the file that names them, wherever Django serves them
  plugins: [iconSprite()],
  build: {
    outDir: "dist",
    emptyOutDir: true,
    manifest: true,
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0, // a font as a data: address would be refused by font-src 'self'
    target: ["chrome123", "firefox120", "safari17.5"], // the first with light-dark(), which the themes are written in
    chunkSizeWarningLimit: 700, // the charts, loaded only where there are charts
    rollupOptions: {
      checks: { eval: false }, // htmx has one for hx-on attributes; the page switches it off (allowEval) and its policy forbids it
      input: { main: page("main"), board: page("board"), report: page("report"), signals: page("signals"), room: page("room"), clocks: page("clocks"), status: page("status"), popup: page("popup"), sw: page("sw"), design: page("design") },
      // Partners embed /status/popup.js, browsers keep /sw.js: files that import nothing, under names of their own.
      output: { entryFileNames: (entry) => (["popup", "sw"].includes(entry.name) ? "[name].js" : "assets/[name]-[hash].js") },
    },
  },
  test: { environment: "happy-dom", include: ["tests/**/*.test.ts"] },
});
