// The browser of the tests, and what every page must keep: no fault, nothing that the
// Content-Security-Policy refuses, no violation of WCAG 2.2 AA, no overflow at 360 pixels.
import assert from "node:assert/strict";
import { AxeBuilder } from "@axe-core/playwright";
import { chromium } from "playwright-core";

/** @typedef {Awaited<ReturnType<typeof import("./server.js").startServer>>} Server */
/** @typedef {import("playwright-core").Page} Page */

/** Starts the browser. One in a container has no rights to a sandbox of its own; it sees our pages only. */
export function startBrowser() {
  return chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });
}

/**
 * A new browser window that notes what goes wrong in it.
 * @param {import("playwright-core").Browser} browser
 * @param {import("playwright-core").BrowserContextOptions} [options]
 */
export async function openPage(browser, options = {}) {
  const context = await browser.newContext({ locale: "en-GB", ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  /** @type {string[]} */
  const faults = [];
  context.on("weberror", (error) => faults.push(String(error.error())));
  context.on("console", (message) => {
    // The browser itself notes answers that are errors; a test looks at what is made of them.
    if (message.type() === "error" && !/Failed to load resource/.test(message.text())) faults.push(message.text());
  });
  return { context, page, faults };
}

/**
 * Signs in as the owner, and waits for the dashboard.
 * @param {Page} page @param {Server} server
 */
export async function signInAsOwner(page, server) {
  await page.goto(`${server.url}/`);
  assert.match(page.url(), /\/login\?next=/);
  await page.goto(`${server.url}/login?as=owner&next=/`);
  await fillLogin(page, server);
  await page.waitForSelector("main h1");
}

/**
 * Fills the form of an owner's login.
 * @param {Page} page @param {Server} server
 */
export async function fillLogin(page, server) {
  await page.fill("#email", server.env["BAILIWICK_OWNER_EMAIL"] ?? "");
  await page.fill("#password", server.env["BAILIWICK_OWNER_PASSWORD"] ?? "");
  await page.press("#password", "Enter");
}

/**
 * Signs in as a member.
 * @param {Page} page @param {Server} server @param {string} username @param {string} password
 */
export async function signInAsMember(page, server, username, password) {
  await page.goto(`${server.url}/login?organization=${server.organizationId}&next=/`);
  await page.fill("#username", username);
  await page.fill("#password", password);
  await page.press("#password", "Enter");
  await page.waitForSelector("main h1");
}

/**
 * Fails when axe finds anything on the page as it is.
 * @param {Page} page
 */
export async function checkAccessibility(page) {
  const { violations } = await new AxeBuilder({ page }).withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]).analyze();
  const told = violations.map((v) => `${v.id}: ${v.help}\n${v.nodes.map((n) => `  ${n.html.slice(0, 200)}\n  ${n.failureSummary}`).join("\n")}`);
  assert.deepEqual(told, [], `${page.url()}\n${told.join("\n")}`);
}

const narrow = { width: 360, height: 740 };
const wide = { width: 1280, height: 800 };

/** Every pair of scheme, language and width is among these. */
const forms = /** @type {const} */ ([
  { scheme: "light", locale: "en", viewport: wide },
  { scheme: "light", locale: "fr", viewport: narrow },
  { scheme: "dark", locale: "en", viewport: narrow },
  { scheme: "dark", locale: "fr", viewport: wide },
]);

/**
 * Looks at a page in its forms: light and dark, English and French, wide and 360 pixels. With
 * SCREENSHOTS=folder a picture of each is left there.
 * @param {Page} page @param {string} name
 */
export async function checkForms(page, name) {
  const folder = process.env["SCREENSHOTS"];
  for (const { scheme, locale, viewport } of forms) {
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
    await page.setViewportSize(viewport);
    await page.evaluate((value) => localStorage.setItem("bailiwick-locale", value), locale);
    await page.reload();
    await page.waitForSelector("main h1");
    await page.waitForLoadState("networkidle");
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.equal(overflow, 0, `${name} ${scheme} ${locale} at ${viewport.width} pixels is ${overflow} pixels too wide`);
    await checkAccessibility(page);
    if (folder) await page.screenshot({ path: `${folder}/${name}-${scheme}-${locale}-${viewport.width}.png`, fullPage: true });
  }
  await page.evaluate(() => localStorage.removeItem("bailiwick-locale"));
  await page.emulateMedia({ colorScheme: "light" });
  await page.setViewportSize(wide);
  await page.reload();
  await page.waitForSelector("main h1");
}
