import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

export default defineConfig({
  base: "/console/",
  cacheDir: ".cache/vite",
  plugins: [react()],
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
  },
  test: {
    environment: "jsdom",
    include: ["src/**/*.test.{ts,tsx}"],
    server: { deps: { inline: [/@ultraviolet/, "reakit"] } },
  },
});
