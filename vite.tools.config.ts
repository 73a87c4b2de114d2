/** Tools that run the shipped code outside a browser: the board's reducer and the log's sentences, for tests that hold them equal to ours. */
import { resolve } from "node:path";
import { defineConfig } from "vite";

export default defineConfig({
  root: "frontend",
  build: {
    ssr: true,
    outDir: "dist-tools",
    emptyOutDir: true,
    rollupOptions: {
      input: {
        replay: resolve(import.meta.dirname, "frontend/src/board/replay-cli.ts"),
        sentences: resolve(import.meta.dirname, "frontend/src/board/sentences-cli.ts"),
      },
      output: { entryFileNames: "[name].mjs" },
    },
  },
});
