// Measures how soon pages are there and can be used, with a processor that is four times slower:
// npm run vitals. It prints a table and asserts nothing; on a busy machine the numbers mean little.
import { startBrowser } from "./browser.js";
import { startServer } from "./server.js";

const slowdown = 4;
const runs = Number(process.env["RUNS"] ?? 5);
const quiet = 500; // milliseconds without a long task, after which a page can be used

/** The pages, by their addresses; those of the signed-out come first. */
const pages = [
  { name: "sign-in", path: "/login?as=owner&next=/", signedIn: false },
  { name: "dashboard", path: "/", signedIn: true },
  { name: "users", path: "/console/users", signedIn: true },
  { name: "policies", path: "/console/policies", signedIn: true },
  { name: "new policy", path: "/console/policies/new", signedIn: true },
  { name: "access explorer", path: "/console/explorer", signedIn: true },
  { name: "audit trail", path: "/console/audit-trail", signedIn: true },
  { name: "alerts", path: "/console/alerts", signedIn: true },
  { name: "applications", path: "/console/applications", signedIn: true },
  { name: "groups", path: "/console/groups", signedIn: true },
  { name: "API keys", path: "/console/api-keys", signedIn: true },
  { name: "SSH keys", path: "/console/ssh-keys", signedIn: true },
  { name: "projects", path: "/console/projects", signedIn: true },
  { name: "exports", path: "/console/export-jobs", signedIn: true },
  { name: "security", path: "/console/security", signedIn: true },
  { name: "account", path: "/console/account", signedIn: true },
  { name: "concepts", path: "/console/concepts", signedIn: true },
];

/** Runs in the page, before anything else: notes paints, long tasks, and when the title is there. */
function watch() {
  /** @type {{ fcp: number, lcp: number, title: number, tasks: [number, number][] }} */
  const seen = { fcp: 0, lcp: 0, title: 0, tasks: [] };
  Object.assign(window, { seen });
  /** @param {string} type @param {(entry: PerformanceEntry) => void} note */
  const observe = (type, note) => new PerformanceObserver((list) => list.getEntries().forEach(note)).observe({ type, buffered: true });
  observe("paint", (entry) => entry.name === "first-contentful-paint" && (seen.fcp = entry.startTime));
  observe("largest-contentful-paint", (entry) => (seen.lcp = entry.startTime));
  observe("longtask", (entry) => seen.tasks.push([entry.startTime, entry.duration]));
  new MutationObserver(() => {
    if (seen.title === 0 && document.querySelector("h1")) seen.title = performance.now();
  }).observe(document, { childList: true, subtree: true });
}

/**
 * Opens a page in a browser window that has nothing in its cache.
 * @param {import("playwright-core").Browser} browser @param {string} url
 * @param {Awaited<ReturnType<import("playwright-core").BrowserContext["storageState"]>>} state
 */
async function measure(browser, url, state) {
  const context = await browser.newContext({ storageState: state, viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  const device = await context.newCDPSession(page);
  await device.send("Emulation.setCPUThrottlingRate", { rate: slowdown });
  await page.addInitScript(watch);
  await page.goto(url, { waitUntil: "networkidle" });
  await page.waitForFunction((pause) => {
    const { title, tasks } = /** @type {any} */ (window).seen;
    const [start, duration] = tasks.at(-1) ?? [0, 0];
    return title > 0 && performance.now() - Math.max(title, start + duration) > pause;
  }, quiet);
  const { seen, kib } = await page.evaluate(() => {
    const files = /** @type {PerformanceResourceTiming[]} */ (performance.getEntriesByType("resource"));
    const scripts = files.filter(({ name }) => name.endsWith(".js"));
    return { seen: /** @type {any} */ (window).seen, kib: scripts.reduce((sum, file) => sum + file.encodedBodySize, 0) / 1024 };
  });
  await context.close();
  // A page can be used once its title is there, and behind the last long task before the first quiet time.
  let interactive = Math.max(seen.title, seen.fcp);
  let blocked = 0;
  for (const [start, duration] of seen.tasks) {
    if (start - interactive > quiet) break;
    interactive = Math.max(interactive, start + duration);
    blocked += Math.max(0, duration - 50);
  }
  return { FCP: seen.fcp, LCP: seen.lcp, TBT: blocked, interactive, KiB: kib };
}

/** @param {number[]} values */
const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

const [server, browser] = await Promise.all([startServer(), startBrowser()]);
try {
  const first = await browser.newContext();
  const page = await first.newPage();
  await page.goto(`${server.url}/login?as=owner&next=/`);
  await page.fill("#email", server.env["BAILIWICK_OWNER_EMAIL"] ?? "");
  await page.fill("#password", server.env["BAILIWICK_OWNER_PASSWORD"] ?? "");
  await page.press("#password", "Enter");
  await page.waitForSelector("main h1");
  const state = await first.storageState();
  await first.close();
  process.stdout.write(`Milliseconds, the median of ${runs} runs; ${slowdown} times slower processor, empty cache; JavaScript in KiB as sent.\n`);
  process.stdout.write(`${"page".padEnd(18)}${["FCP", "LCP", "TBT", "interactive", "KiB"].map((name) => name.padStart(13)).join("")}\n`);
  for (const { name, path, signedIn } of pages) {
    /** @type {Record<string, number>[]} */
    const all = [];
    for (let i = 0; i < runs; i++) all.push(await measure(browser, server.url + path, signedIn ? state : { cookies: [], origins: [] }));
    const cells = ["FCP", "LCP", "TBT", "interactive", "KiB"].map((key) => Math.round(median(all.map((one) => one[key] ?? 0))).toString().padStart(13));
    process.stdout.write(`${name.padEnd(18)}${cells.join("")}\n`);
  }
} finally {
  await Promise.all([browser.close(), server.stop()]);
}
