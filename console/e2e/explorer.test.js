import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { checkAccessibility, checkForms, openPage, signInAsOwner, startBrowser } from "./browser.js";
import { startServer } from "./server.js";

/** @type {Awaited<ReturnType<typeof startServer>>} */
let server;
/** @type {import("playwright-core").Browser} */
let browser;
/** @type {{ id: string }} */
let application;

before(async () => {
  [server, browser] = await Promise.all([startServer(), startBrowser()]);
  const organization_id = server.organizationId;
  application = await server.api("POST", "/iam/v1alpha1/applications", { organization_id, name: "checkout" });
  const group = await server.api("POST", "/iam/v1alpha1/groups", { organization_id, name: "on call" });
  await server.api("POST", `/iam/v1alpha1/groups/${group.id}/add-member`, { application_id: application.id });
  const rule = { organization_id, permission_set_names: ["IAMReadOnly"], condition: 'inIpRange(request.ip, "192.0.2.0/24")' };
  await server.api("POST", "/iam/v1alpha1/policies", { organization_id, name: "readers", group_id: group.id, rules: [rule] });
  const projects = await Promise.all(Array.from({ length: 40 }, (_, i) => server.api("POST", "/account/v3/projects", { organization_id, name: `project ${i}` })));
  for (let i = 0; i < 50; i++) {
    const rules = [{ project_ids: [projects[i % 40].id, projects[(i * 7) % 40].id].filter((id, at, all) => all.indexOf(id) === at), permission_set_names: ["ObjectStorageReadOnly"] }];
    await server.api("POST", "/iam/v1alpha1/policies", { organization_id, name: `policy ${i}`, application_id: application.id, rules });
  }
});
after(async () => {
  await Promise.all([browser?.close(), server?.stop()]);
});

/** @param {import("playwright-core").Page} page @param {string} name */
const button = (page, name) => page.getByRole("button", { name, exact: true });

/** @param {import("playwright-core").Page} page */
async function chooseApplication(page) {
  // In the picker: the view that is about to go may have a filter of this name.
  await page.locator("fieldset.picker").getByLabel("Kind", { exact: true }).selectOption("application");
  await page.getByLabel("Search applications by name").fill("check");
  await page.getByLabel("Choose one").selectOption(application.id);
}

test("can somebody do this: no, with where it broke, then yes, with the chain", async () => {
  const { page, faults } = await openPage(browser);
  await signInAsOwner(page, server);
  await page.click("nav >> text=Access explorer");
  await page.waitForSelector("main h1 >> text=Access explorer");
  await checkForms(page, "explorer");
  await chooseApplication(page);
  await page.getByLabel("Permission", { exact: true }).fill("iam:policy:list");
  await button(page, "Ask").click();
  await page.waitForSelector("h2 >> text=No");
  await page.waitForSelector(".broken >> text=Condition");
  assert.match((await page.textContent("main")) ?? "", /request\.ip/);
  await checkAccessibility(page);
  if (process.env["SCREENSHOTS"]) await page.screenshot({ path: `${process.env["SCREENSHOTS"]}/explorer-no.png`, fullPage: true });
  await page.click("text=What the request is like");
  await page.getByLabel("Address of the caller").fill("192.0.2.7");
  await button(page, "Ask").click();
  await page.waitForSelector("h2 >> text=Yes");
  const chain = page.locator(".chain").first();
  for (const part of ["on call", "readers", "IAMReadOnly", "grants"]) await chain.getByText(part).first().waitFor();
  assert.equal(await page.locator(".broken").count(), 0);
  await checkAccessibility(page);
  assert.deepEqual(faults, []);
});

test("who can and what can, with filters and CSV", async () => {
  const { page, faults } = await openPage(browser);
  await signInAsOwner(page, server);
  await page.goto(`${server.url}/console/explorer?view=who`);
  await page.getByLabel("Permission", { exact: true }).fill("iam:policy:list");
  await button(page, "Ask").click();
  await page.waitForSelector("td >> text=checkout");
  await checkAccessibility(page);
  await page.getByLabel("Filter", { exact: true }).selectOption("conditional");
  assert.equal(await page.locator("tbody tr").count(), 1);
  const [file] = await Promise.all([page.waitForEvent("download"), button(page, "Download as CSV").click()]);
  const lines = readFileSync(await file.path(), "utf8").trim().split("\r\n");
  assert.deepEqual([lines.length, lines[0]], [2, "type,id,name,via,condition"]);
  assert.ok(lines[1]?.startsWith(`application,${application.id},checkout,`));
  await button(page, "What can somebody do?").click();
  await chooseApplication(page);
  await page.waitForSelector("td >> text=/./");
  await page.getByLabel("Filter", { exact: true }).fill("iam:policy:list");
  await page.waitForFunction(() => document.querySelectorAll("tbody tr").length === 1);
  await checkAccessibility(page);
  assert.deepEqual(faults, []);
});

test("a graph of about a hundred nodes, with the keyboard and as a table", async () => {
  const { page, faults } = await openPage(browser);
  await signInAsOwner(page, server);
  await page.goto(`${server.url}/console/explorer?view=graph`);
  await chooseApplication(page);
  await page.waitForSelector(".node");
  assert.ok((await page.locator(".node").count()) > 90);
  await checkAccessibility(page);
  await page.locator(".node.layer-2").first().focus();
  await page.waitForSelector(".edge.near");
  if (process.env["SCREENSHOTS"]) await page.screenshot({ path: `${process.env["SCREENSHOTS"]}/graph.png` });
  await page.setViewportSize({ width: 360, height: 740 });
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth), 0);
  await page.locator(".node.layer-2").first().press("Enter");
  await page.waitForURL(/console\/policies\/[0-9a-f-]{36}$/);
  assert.deepEqual(faults, []);
});
