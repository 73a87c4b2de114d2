/** Tools that run the shipped code outside a browser: the board's reducer, for the test that replay equals reload. */
import { resolve } from "node:path";
import { defineConfig } from "vite";

export default defineConfig({
  root: "frontend",
  build: {
    ssr: resolve(import.meta.dirname, "frontend/src/board/replay-cli.ts"),
    outDir: "dist-tools",
    emptyOutDir: true,
    rollupOptions: { output: { entryFileNames: "replay.mjs" } },
  },
});
