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
  await switcher.locator("option", { hasText: "store" }).waitFor({ state: "detached" });
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

test("of more than a thousand projects each can be chosen, for a rule, a question and a filter", async () => {
  const organization_id = server.organizationId;
  const { total_count } = await server.api("GET", `/account/v3/projects?organization_id=${organization_id}`);
  for (let made = total_count; made < 1000; made += 100) {
    await Promise.all(Array.from({ length: 100 }, (_, i) => server.api("POST", "/account/v3/projects", { organization_id, name: `many ${made + i}`, description: "" })));
  }
  const zebra = await server.api("POST", "/account/v3/projects", { organization_id, name: "zebra", description: "" });
  const zulu = await server.api("POST", "/account/v3/projects", { organization_id, name: "zulu", description: "" });
  const policy = await server.api("POST", "/iam/v1alpha1/policies", {
    organization_id,
    name: "far",
    no_principal: true,
    rules: [{ permission_set_names: ["InstancesReadOnly"], project_ids: [zebra.id] }],
  });
  const { page, faults } = await openPage(browser);
  await signInAsOwner(page, server);
  await page.goto(`${server.url}/console/policies/${policy.id}`);
  await page.getByRole("checkbox", { name: "zebra" }).and(page.locator(":checked")).waitFor();
  await page.getByLabel("Search projects by name", { exact: true }).fill("zul");
  await page.getByRole("checkbox", { name: "zulu" }).check();
  await page.waitForSelector("text=2 projects are chosen.");
  await page.getByRole("button", { name: "JSON", exact: true }).click();
  const json = page.getByLabel("The policy as JSON");
  await page.waitForFunction(() => document.querySelector("textarea")?.value.includes('"zulu"'));
  const text = await json.inputValue();
  assert.deepEqual(JSON.parse(text).rules[0].projects, ["zebra", "zulu"]);
  await json.fill(text.replace('"zebra",', "").replace('"far"', '"farther"'));
  await page.getByRole("button", { name: "Take over into the form" }).click();
  await page.waitForSelector("text=The form has it now");
  await json.fill(text.replace('"zebra"', '"zebras"'));
  await page.getByRole("button", { name: "Take over into the form" }).click();
  await page.waitForSelector("text=rules[0].projects[0]");

  await page.goto(`${server.url}/console/explorer?view=who`);
  await page.getByLabel("Permission", { exact: true }).fill("instances:servers:read");
  await page.getByLabel("Search projects by name or id").fill(zulu.id);
  await page.getByLabel("Where", { exact: true }).selectOption({ label: "zulu" });
  await page.getByLabel("Search projects by name or id").fill("many 99");
  assert.equal(await page.getByLabel("Where", { exact: true }).inputValue(), zulu.id);

  await page.goto(`${server.url}/console/audit-trail`);
  await page.locator("main summary", { hasText: "More filters" }).click();
  await page.getByLabel("Search projects by name or id").fill("ZEB");
  await page.getByLabel("Project", { exact: true }).last().selectOption({ label: "zebra" });
  await page.getByRole("button", { name: "Apply", exact: true }).click();
  await page.waitForURL((url) => url.search.includes(zebra.id));
  assert.deepEqual(faults, []);
});
