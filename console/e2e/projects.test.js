import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { checkForms, openPage, signInAsOwner, startBrowser } from "./browser.js";
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

test("a project: made, chosen, renamed, deleted", async () => {
  const { page, faults } = await openPage(browser);
  await signInAsOwner(page, server);
  await page.click("nav >> text=Projects");
  await page.click("header >> text=Create a project");
  const dialog = page.locator("dialog");
  await dialog.getByLabel("Name").fill("<script>");
  await page.click("text=Save");
  await page.waitForSelector("dialog .field-error");
  await dialog.getByLabel("Name").fill("shop");
  const description = `<svg onload="document.title='executed'"> מתחיל`;
  await dialog.getByLabel("Description").fill(description);
  await page.click("text=Save");
  const row = page.locator("tr", { hasText: "shop" });
  await row.waitFor();
  assert.ok((await row.textContent())?.includes(description));
  // A part of the name finds it, in whatever case.
  await page.getByLabel("Search by name").fill("HO");
  await page.locator("tr", { hasText: "default project" }).waitFor({ state: "detached" });
  assert.equal(await page.locator("tbody tr").count(), 1);
  await page.getByLabel("Search by name").fill("");
  // The default project cannot be deleted.
  assert.ok(await page.locator("tr", { hasText: "default project" }).getByRole("button", { name: /^Delete/ }).isDisabled());
  const switcher = page.locator(".switchers select");
  await row.getByRole("button", { name: "Choose shop" }).click();
  await page.getByRole("button", { name: "Choose shop" }).and(page.locator(":disabled")).waitFor();
  assert.equal(await switcher.evaluate((/** @type {HTMLSelectElement} */ select) => select.selectedOptions[0]?.label), "shop");
  await checkForms(page, "projects");
  await row.getByRole("button", { name: "Edit shop" }).click();
  await dialog.getByLabel("Name").fill("store");
  await page.click("text=Save");
  await page.locator("tr", { hasText: "store" }).waitFor();
  await switcher.locator("option", { hasText: "store" }).waitFor({ state: "attached" });
  await page.getByRole("button", { name: "Delete store" }).click();
  await page.getByLabel("To confirm, type store").fill("store");
  await dialog.getByRole("button", { name: "Delete" }).click();
  await page.locator("tr", { hasText: "store" }).waitFor({ state: "detached" });
  const { projects } = await server.api("GET", `/account/v3/projects?organization_id=${server.organizationId}`);
  assert.equal(projects.length, 1);
  // The project that was chosen is gone: all of them are shown.
  assert.equal(await switcher.inputValue(), "");
  assert.notEqual(await page.title(), "executed");
  assert.deepEqual(faults, []);
});

test("a project that is not among the first hundred is chosen in the table, and stays chosen", async () => {
  const names = [...Array.from({ length: 100 }, (_, i) => `p${i}`), "zoo"];
  await Promise.all(names.map((name) => server.api("POST", "/account/v3/projects", { organization_id: server.organizationId, name, description: "" })));
  const { page, faults } = await openPage(browser);
  await signInAsOwner(page, server);
  const chosen = () => page.locator(".switchers select").evaluate((/** @type {HTMLSelectElement} */ select) => select.selectedOptions[0]?.label);
  await page.click("nav >> text=Projects");
  await page.getByLabel("Search by name").fill("ZO");
  await page.getByRole("button", { name: "Choose zoo" }).click();
  await page.locator(".switchers option", { hasText: "zoo" }).waitFor({ state: "attached" });
  assert.equal(await chosen(), "zoo");
  await page.reload();
  await page.locator(".switchers option", { hasText: "zoo" }).waitFor({ state: "attached" });
  assert.equal(await chosen(), "zoo");
  assert.deepEqual(faults, []);
});
