import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { checkForms, fillLogin, openPage, signInAsOwner, startBrowser } from "./browser.js";
import { startServer } from "./server.js";

/** @type {Awaited<ReturnType<typeof startServer>>} */
let server;
/** @type {import("playwright-core").Browser} */
let browser;

before(async () => {
  [server, browser] = await Promise.all([startServer(), startBrowser()]);
});
after(async () => {
  await Promise.all([browser?.close(), server?.stop()]);
});

test("sign in, look around, sign out", async () => {
  await server.api("POST", "/iam/v1alpha1/groups", { organization_id: server.organizationId, name: "readers", description: "" });
  const { page, faults, context } = await openPage(browser);
  await signInAsOwner(page, server);
  assert.equal(await page.textContent("main h1"), "Dashboard");
  // The operator, who is no user, keeps nobody from being named.
  const who = page.locator("#events ~ table td:nth-child(2)");
  await who.filter({ hasText: "operator" }).waitFor();
  await who.filter({ hasText: /^owner@localhost$/ }).waitFor();
  // Nothing of the session is where a script could read it.
  assert.equal(await page.evaluate(() => document.cookie), "");
  const kept = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]));
  assert.doesNotMatch(kept, /eyJ|token|secret/i);
  const cookie = (await context.cookies()).find(({ name }) => name === "bailiwick-session");
  assert.deepEqual([cookie?.httpOnly, cookie?.sameSite], [true, "Strict"]);
  await checkForms(page, "dashboard");
  await page.goto(`${server.url}/console/`);
  await page.waitForSelector("h1 >> text=Dashboard");
  assert.equal(page.url(), `${server.url}/`);
  await page.goto(`${server.url}/console/users/`);
  await page.waitForSelector("h1 >> text=Users");
  await page.goto(`${server.url}/console/nothing-here`);
  await page.waitForSelector("text=No such page");
  await checkForms(page, "missing");
  await page.click("text=Sign out");
  await page.waitForURL(/\/login/);
  await page.goto(`${server.url}/console/applications`);
  await page.waitForURL(/\/login\?next=/);
  assert.deepEqual(faults, []);
});

test("nothing that is typed is lost when the session ends", async () => {
  const { page, faults, context } = await openPage(browser);
  await signInAsOwner(page, server);
  await page.click("nav >> text=Applications");
  await page.click("header >> text=Create an application");
  await page.fill("dialog input >> nth=0", "checkout");
  // Its session is ended elsewhere.
  const { session_id: id } = await page.evaluate(() => fetch("/console/session", { headers: { "X-Bailiwick-Console": "1" } }).then((answer) => answer.json()));
  await page.evaluate((jti) => fetch(`/bridge/iam/v1alpha1/jwts/${jti}`, { method: "DELETE", headers: { "X-Bailiwick-Console": "1" } }), id);
  await page.click("text=Save");
  await page.waitForSelector("text=Your session has ended");
  const [popup] = await Promise.all([context.waitForEvent("page"), page.getByRole("button", { name: "Sign in" }).click()]);
  await popup.click("text=owner");
  await Promise.all([popup.waitForEvent("close"), fillLogin(popup, server)]);
  await page.waitForSelector("td >> text=checkout");
  assert.equal(await page.locator("dialog").count(), 0);
  assert.deepEqual(faults, []);
});

test("the bridge takes requests of this origin's scripts only", async () => {
  const { page, context } = await openPage(browser);
  await signInAsOwner(page, server);
  const cookie = (await context.cookies()).find(({ name }) => name === "bailiwick-session");
  /** @param {string} path @param {Record<string, string>} headers */
  const status = (path, headers) => fetch(server.url + path, { headers: { Cookie: `bailiwick-session=${cookie?.value}`, ...headers } }).then((answer) => answer.status);
  const users = `/iam/v1alpha1/users?organization_id=${server.organizationId}`;
  const own = { "X-Bailiwick-Console": "1" };
  assert.equal(await status(`/bridge${users}`, own), 200);
  for (const [name, path, headers] of /** @type {[string, string, Record<string, string>][]} */ ([
    ["without the header", `/bridge${users}`, {}],
    ["from another site", `/bridge${users}`, { ...own, "Sec-Fetch-Site": "cross-site" }],
    ["from a neighbour", `/bridge${users}`, { ...own, "Sec-Fetch-Site": "same-site" }],
    ["from another origin", `/bridge${users}`, { ...own, Origin: "https://evil.example" }],
    ["with a key besides", `/bridge${users}`, { ...own, "X-Auth-Token": server.env["SCW_SECRET_KEY"] ?? "" }],
    ["the session itself without the header", "/console/session", {}],
  ])) {
    assert.equal(await status(path, headers), 403, name);
  }
  assert.equal(await status(users, own), 401, "the API takes the cookie");
});
