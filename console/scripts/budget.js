// Fails when a page loads more JavaScript than it may. What counts is what the browser must have
// before the page is there: the entry, the page, and what both import, gzipped as on the wire.
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const KIB = 1024;
const pageBudget = 450 * KIB;
// The first view is the sign-in, which the server's own pages show: their one script.
const signInBudget = 200 * KIB;

const manifest = JSON.parse(readFileSync("dist/.vite/manifest.json", "utf8"));

/** @param {string} file */
const size = (file) => gzipSync(readFileSync(file)).length;

/**
 * Adds a chunk of the manifest, and what it imports, to a set of files.
 * @param {string} key
 * @param {Set<string>} files
 */
function closure(key, files) {
  const chunk = manifest[key];
  if (files.has(chunk.file)) return files;
  files.add(chunk.file);
  for (const imported of chunk.imports ?? []) closure(imported, files);
  return files;
}

/** @param {Set<string>} files */
const total = (files) => [...files].reduce((sum, file) => sum + size(`dist/${file}`), 0);

let failed = false;
/**
 * @param {string} name
 * @param {number} bytes
 * @param {number} budget
 */
function check(name, bytes, budget) {
  const over = bytes > budget;
  failed ||= over;
  process.stdout.write(`${over ? "TOO BIG " : ""}${(bytes / KIB).toFixed(1).padStart(7)} KiB of ${budget / KIB} KiB  ${name}\n`);
}

check("sign-in", size("../pages/assets/pages.js"), signInBudget);
// The entry asks for the rest of the shell at once, beside the page.
const entry = closure("src/app/start.tsx", closure("index.html", new Set()));
check("shell", total(entry), pageBudget);
for (const key of Object.keys(manifest).filter((k) => k.startsWith("src/pages/")).toSorted()) {
  check(key, total(closure(key, new Set(entry))), pageBudget);
}
process.exitCode = failed ? 1 : 0;
