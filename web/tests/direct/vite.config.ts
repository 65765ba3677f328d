/** Builds the test page; `--outDir` says where to. */
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  base: "./",
  logLevel: "warn",
  worker: { format: "es" },
  build: { target: "es2022", emptyOutDir: true, minify: false, modulePreload: { polyfill: false } },
});
