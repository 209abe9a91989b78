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
  for (const name of ["checkout", "billing"]) await server.api("POST", "/iam/v1alpha1/applications", { organization_id: server.organizationId, name });
});
after(async () => {
  await Promise.all([browser?.close(), server?.stop()]);
});

test("the concepts, with the numbers and names of the organization", async () => {
  const { page, faults } = await openPage(browser);
  await signInAsOwner(page, server);
  await page.click("nav >> text=Concepts");
  await page.waitForSelector("li.card >> text=checkout");
  const { total_count: total } = await server.api("GET", `/iam/v1alpha1/applications?organization_id=${server.organizationId}`);
  const card = (await page.locator("li.card", { hasText: "Programs:" }).textContent()) ?? "";
  assert.ok(card.includes(`${total}: `), card);
  await checkForms(page, "concepts");
  assert.deepEqual(faults, []);
});
