// What goes wrong in the middle: of a form, of a page, of the way between two pages.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { checkAccessibility, openPage, signInAsMember, signInAsOwner, startBrowser } from "./browser.js";
import { startServer } from "./server.js";

/** @type {Awaited<ReturnType<typeof startServer>>} */
let server;
/** @type {import("playwright-core").Browser} */
let browser;
/** @type {{ id: string }} */
let ann;
const password = "vivid-lantern-orbit-47";

before(async () => {
  [server, browser] = await Promise.all([startServer(), startBrowser()]);
  ann = await server.api("POST", "/iam/v1alpha1/users", { organization_id: server.organizationId, member: { email: "ann@example.com", username: "ann", password } });
});
after(async () => {
  await Promise.all([browser?.close(), server?.stop()]);
});

test("a right is taken away in the middle of a form: it says which, and keeps what was typed", async () => {
  const { page, faults } = await openPage(browser);
  const { organizationId: organization_id } = server;
  const rules = [{ organization_id, permission_set_names: ["IAMManager"] }];
  const policy = await server.api("POST", "/iam/v1alpha1/policies", { organization_id, name: "managers", user_id: ann.id, rules });
  await signInAsMember(page, server, "ann", password);
  await page.click("nav >> text=Applications");
  await page.click("header >> text=Create an application");
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name", { exact: true }).fill("checkout");
  await dialog.getByLabel("Description").fill("typed with care");
  await server.api("PATCH", `/iam/v1alpha1/policies/${policy.id}`, { no_principal: true });
  await dialog.getByRole("button", { name: "Save" }).click();
  await page.waitForSelector("dialog [role=alert] >> text=IAMManager");
  await checkAccessibility(page);
  assert.deepEqual([await dialog.getByLabel("Name", { exact: true }).inputValue(), await dialog.getByLabel("Description").inputValue()], ["checkout", "typed with care"]);
  await server.api("PATCH", `/iam/v1alpha1/policies/${policy.id}`, { user_id: ann.id });
  await dialog.getByRole("button", { name: "Save" }).click();
  await page.waitForSelector("td >> text=checkout");
  const { applications } = await server.api("GET", `/iam/v1alpha1/applications?organization_id=${organization_id}`);
  assert.deepEqual(applications.map((/** @type {any} */ one) => [one.name, one.description]), [["checkout", "typed with care"]]);
  assert.deepEqual(faults, []);
});

test("without a connection the form stays, and pages that were not there yet are asked for again", async () => {
  const { page, faults, context } = await openPage(browser);
  await signInAsOwner(page, server);
  await page.click("nav >> text=Groups");
  await page.click("header >> text=Create a group");
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name", { exact: true }).fill("web team");
  await context.setOffline(true);
  await dialog.getByRole("button", { name: "Save" }).click();
  await page.waitForSelector("dialog [role=alert] >> text=The server cannot be reached. Nothing is lost");
  await checkAccessibility(page);
  assert.equal(await dialog.getByLabel("Name", { exact: true }).inputValue(), "web team");
  await context.setOffline(false);
  await dialog.getByRole("button", { name: "Save" }).click();
  await page.waitForSelector("td >> text=web team");
  await context.setOffline(true);
  await page.click("nav >> text=Users");
  await page.waitForSelector("main [role=alert] >> text=This page has failed");
  await checkAccessibility(page);
  await page.getByRole("button", { name: "Try again" }).click();
  await page.waitForSelector("main [role=alert] >> text=No connection to the server");
  await checkAccessibility(page);
  await context.setOffline(false);
  await page.getByRole("button", { name: "Try again" }).click();
  await page.waitForSelector("td >> text=ann@example.com");
  // React tells the console of the page that could not be loaded.
  assert.deepEqual(faults.filter((fault) => !/a page could not be loaded/.test(fault)), []);
});

const long = "x".repeat(10_000);
const nasty = ["<img src=x onerror=\"document.title='executed'\">", "\u202Eevil \u05D0\u05D1\u05D2", long];

test("names of markup, from right to left and of 10,000 characters do nothing, and stay in their place", async () => {
  const { page, faults } = await openPage(browser);
  const { organizationId: organization_id } = server;
  for (const [i, description] of nasty.slice(0, 2).entries()) {
    await server.api("POST", "/iam/v1alpha1/applications", { organization_id, name: `application ${i}`, description });
    await server.api("POST", "/iam/v1alpha1/groups", { organization_id, name: `group ${i}`, description });
  }
  await signInAsOwner(page, server);
  await page.setViewportSize({ width: 360, height: 740 });
  // The server takes no such names; a page must stand what it is given all the same.
  await page.route(/\/bridge\/.*\/(users|applications|groups|policies|projects|api-keys|ssh-keys|events)\?/, async (route) => {
    const answer = await route.fetch();
    const body = await answer.json();
    const rows = Object.values(body).find(Array.isArray) ?? [];
    for (const [i, row] of rows.entries()) {
      for (const name of ["name", "username", "email", "first_name", "description", "method_name", "user_agent"]) if (typeof row[name] === "string") row[name] = nasty[i % nasty.length] ?? "";
      for (const resource of row.resources ?? []) resource.name = nasty[i % nasty.length];
    }
    await route.fulfill({ response: answer, json: body });
  });
  for (const path of ["", "users", "applications", "groups", "policies", "projects", "api-keys", "concepts", "audit-trail"]) {
    await page.goto(`${server.url}/${path && "console/"}${path}`);
    await page.waitForSelector("main h1");
    await page.waitForLoadState("networkidle");
    assert.notEqual(await page.title(), "executed", path);
    const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.equal(over, 0, `${path || "dashboard"} is ${over} pixels too wide`);
    if (process.env["SCREENSHOTS"]) await page.screenshot({ path: `${process.env["SCREENSHOTS"]}/nasty-${path || "dashboard"}.png` });
  }
  await page.setViewportSize({ width: 1280, height: 800 });
  await page.goto(`${server.url}/console/applications`);
  await page.waitForSelector("td >> text=xxxx");
  await checkAccessibility(page);
  assert.deepEqual(faults, []);
});
