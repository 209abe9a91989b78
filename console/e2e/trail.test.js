import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { checkAccessibility, checkForms, openPage, signInAsMember, signInAsOwner, startBrowser } from "./browser.js";
import { startServer } from "./server.js";

/** @type {Awaited<ReturnType<typeof startServer>>} */
let server;
/** @type {import("playwright-core").Browser} */
let browser;
const password = "vivid-lantern-orbit-47";
const many = 60; // more than a page

/** @param {string} name @param {string} [description] */
const makeApplication = (name, description = "") => server.api("POST", "/iam/v1alpha1/applications", { organization_id: server.organizationId, name, description, tags: [] });

before(async () => {
  [server, browser] = await Promise.all([startServer(), startBrowser()]);
  const { organizationId: organization_id } = server;
  const member = { username: "ann", email: "ann@example.com", password, first_name: "", last_name: "", phone_number: "", locale: "", send_password_email: false, send_welcome_email: false };
  await server.api("POST", "/iam/v1alpha1/users", { organization_id, tags: [], member });
  for (let i = 0; i < many; i++) await makeApplication(`robot-${i}`);
  await makeApplication("x".repeat(64), "<img src=x onerror=alert(1)>");
  await server.api("POST", "/iam/v1alpha1/groups", { organization_id, name: "direction", description: "\u202Eevil \u05D0\u05D1", tags: [] });
});
after(async () => {
  await Promise.all([browser?.close(), server?.stop()]);
});

/** @param {import("playwright-core").Page} page @param {string} [query] */
async function openTrail(page, query = "") {
  await page.goto(`${server.url}/console/audit-trail${query}`);
  await page.waitForSelector("main h1 >> text=Audit trail");
}

/** @param {import("playwright-core").Page} page @param {string} name */
async function shoot(page, name) {
  if (process.env["SCREENSHOTS"]) await page.screenshot({ path: `${process.env["SCREENSHOTS"]}/${name}.png` });
}

test("events are filtered, paged and opened", async () => {
  const { page, faults } = await openPage(browser);
  await signInAsOwner(page, server);
  await page.click("nav >> text=Audit trail");
  await page.waitForSelector("td >> text=CreateGroup");
  await checkForms(page, "trail");
  await page.getByRole("button", { name: "Older" }).click();
  await page.waitForSelector("text=Page 2");
  await page.waitForSelector("td >> text=CreateUser");
  await page.getByRole("button", { name: "Newer" }).click();
  await page.waitForSelector("td >> text=CreateGroup");
  await page.click("text=More filters");
  await page.getByLabel("Method").fill("CreateUser");
  await page.keyboard.press("Enter");
  await page.waitForSelector("td >> text=CreateApplication", { state: "detached" });
  assert.match(page.url(), /method=CreateUser/);
  await checkForms(page, "trail-filters");
  const details = page.getByRole("button", { name: /^Details of CreateUser/ });
  await details.focus();
  await page.keyboard.press("Enter");
  const drawer = page.getByRole("dialog");
  const body = await drawer.locator("pre").textContent();
  assert.match(body ?? "", /"username": "ann"/);
  assert.doesNotMatch(body ?? "", new RegExp(password));
  await checkAccessibility(page);
  await shoot(page, "trail-drawer");
  await page.setViewportSize({ width: 360, height: 740 });
  await page.emulateMedia({ colorScheme: "dark" });
  await checkAccessibility(page);
  assert.equal(await drawer.evaluate((dialog) => dialog.scrollWidth - dialog.clientWidth), 0);
  await shoot(page, "trail-drawer-narrow");
  await page.setViewportSize({ width: 1280, height: 800 });
  await page.keyboard.press("Escape");
  await drawer.waitFor({ state: "detached" });
  assert.equal(await details.evaluate((button) => button === document.activeElement), true, "the focus is not where it was");
  await details.click();
  await drawer.getByRole("button", { name: "Only these: ann" }).click();
  await page.waitForURL(/resource=.*&.*type=iam_user|type=iam_user.*resource=/);
  await page.getByLabel("Method").fill("DeleteUser");
  await page.keyboard.press("Enter");
  await page.waitForSelector("text=No events");
  await checkAccessibility(page);
  await shoot(page, "trail-none");
  await page.getByLabel("IP address").fill("not an address");
  await page.keyboard.press("Enter");
  await page.waitForSelector("[role=alert] >> text=source_ip");
  await page.getByRole("button", { name: "Clear" }).click();
  await page.waitForSelector("td >> text=CreateGroup");
  assert.deepEqual(faults, []);
});

test("the live tail shows what happens, and rests while the tab is hidden", async () => {
  const { page, faults } = await openPage(browser);
  await signInAsOwner(page, server);
  await openTrail(page);
  await page.waitForSelector("td >> text=CreateGroup");
  await page.getByRole("button", { name: "Follow live" }).click();
  await page.waitForSelector("text=every two seconds. New: 0.");
  await makeApplication("live-one");
  await page.waitForSelector("td >> text=live-one");
  await page.waitForSelector("text=New: 1.");
  await checkAccessibility(page);
  await shoot(page, "trail-live");
  let asked = 0;
  page.on("request", (request) => void (request.url().includes("/events?") && asked++));
  /** @param {"hidden" | "visible"} state */
  const turn = (state) =>
    page.evaluate((value) => {
      Object.defineProperty(document, "visibilityState", { value, configurable: true });
      window.dispatchEvent(new Event("visibilitychange"));
      document.dispatchEvent(new Event("visibilitychange"));
    }, state);
  await turn("hidden");
  asked = 0;
  await makeApplication("live-two");
  await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 5000)));
  assert.equal(asked, 0, "a hidden tab asks");
  await turn("visible");
  await page.waitForSelector("td >> text=live-two");
  // A session that has ended stops it: one call notices, and waits.
  const { session_id: id } = await page.evaluate(() => fetch("/console/session", { headers: { "X-Bailiwick-Console": "1" } }).then((answer) => answer.json()));
  await page.evaluate((jti) => fetch(`/bridge/iam/v1alpha1/jwts/${jti}`, { method: "DELETE", headers: { "X-Bailiwick-Console": "1" } }), id);
  await page.waitForSelector("text=Your session has ended");
  asked = 0;
  await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 5000)));
  assert.equal(asked, 0, "it asks without a session");
  assert.deepEqual(faults, []);
});

test("what is filtered is exported, all pages of it", async () => {
  const { page, faults } = await openPage(browser, { acceptDownloads: true });
  await signInAsOwner(page, server);
  await openTrail(page, "?method=CreateApplication");
  await page.waitForSelector("td >> text=CreateApplication");
  /** @param {string} label */
  const download = async (label) => {
    const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: label }).click()]);
    return { name: file.suggestedFilename(), text: readFileSync(await file.path(), "utf8") };
  };
  const lines = await download("Export JSON lines");
  assert.match(lines.name, /^audit-trail-\d{4}-\d{2}-\d{2}\.jsonl$/);
  const events = lines.text.trimEnd().split("\n").map((line) => JSON.parse(line));
  assert.equal(events.length > many, true, `${events.length} events`);
  assert.deepEqual([...new Set(events.map((event) => event.method_name))], ["CreateApplication"]);
  const table = await download("Export CSV");
  assert.match(table.name, /\.csv$/);
  assert.equal(table.text.trimEnd().split("\r\n").length, events.length + 1);
  await page.waitForSelector(`text=Exported: ${events.length} events.`);
  assert.deepEqual(faults, []);
});

test("the hash chains are recomputed, and a changed entry is found", async () => {
  const { page, faults } = await openPage(browser);
  await signInAsOwner(page, server);
  await openTrail(page);
  await page.waitForSelector("text=Hash chains: not checked");
  await page.getByRole("button", { name: "Check the hash chains" }).click();
  await page.waitForSelector("text=Hash chains: every entry fits");
  const { end } = await server.api("GET", `/bailiwick/v1/audit/entries?organization_id=${server.organizationId}`);
  await page.waitForSelector(`code >> text=${JSON.parse(end).end.hash}`);
  await page.click("text=What this says, and what it does not");
  await page.waitForSelector("text=the signatures: the key would come from the same server");
  await checkAccessibility(page);
  await shoot(page, "trail-chain");
  await page.route(/\/audit\/entries/, async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, body: (await answer.text()).replace("robot-7", "robot-8") });
  });
  await page.getByRole("button", { name: "Check the hash chains" }).click();
  await page.waitForSelector("text=Hash chains: broken");
  await page.waitForSelector("text=does not fit, or is missing");
  await checkAccessibility(page);
  assert.deepEqual(faults, []);
});

test("who may not is told which permission set is missing", async () => {
  const { page, faults } = await openPage(browser);
  await signInAsMember(page, server, "ann", password);
  await openTrail(page);
  await page.waitForSelector("[role=alert] >> text=event:list");
  for (const name of ["Check the hash chains", "Follow live", "Export CSV"]) assert.equal(await page.getByRole("button", { name }).isDisabled(), true, name);
  await checkForms(page, "trail-denied");
  assert.deepEqual(faults, []);
});
