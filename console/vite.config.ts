import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

/** What the entry needs itself, to ask for all else: it must not wait for the shell. */
const inEntry = /\/src\/(api\/session|app\/(routes|texts)|i18n\/(format|locale))\.ts/;

/** Whether all pages share a module: what many small files hold comes sooner in one. The editor of expressions is not for all. */
function inShell(id: string): boolean {
  if (id.includes("/node_modules/")) return !/\/(@codemirror|@lezer|@marijn|style-mod|crelt|w3c-keyname)\//.test(id);
  return /\/src\/(ui|access)\/(?!CelEditor)/.test(id);
}

export default defineConfig({
  base: "/console/",
  cacheDir: ".cache/vite",
  plugins: [react()],
  resolve: { alias: { "@ultraviolet/icons/legacy": fileURLToPath(new URL("stubs/icons/legacy.js", import.meta.url)) } },
  // The server puts a new nonce in its place in every answer.
  html: { cspNonce: "__NONCE__" },
  build: {
    outDir: "dist",
    // dist holds a file of the repository, so scripts/clean.js empties it.
    emptyOutDir: false,
    manifest: true,
    target: "es2023",
    chunkSizeWarningLimit: 2000,
    // A file in the document would be a data: address, which the policy does not allow for fonts.
    assetsInlineLimit: 0,
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: "first", test: inEntry, priority: 1 }, { name: "shell", test: inShell }] } } },
  },
  test: {
    environment: "jsdom",
    include: ["src/**/*.test.{ts,tsx}"],
    server: { deps: { inline: [/@ultraviolet/, "reakit"] } },
  },
});
