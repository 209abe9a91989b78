import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { checkAccessibility, checkForms, openPage, signInAsMember, signInAsOwner, startBrowser } from "./browser.js";
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

/** @param {string} name */
const application = (name) => server.api("POST", "/iam/v1alpha1/applications", { organization_id: server.organizationId, name });

/** @param {import("playwright-core").Page} page */
async function goToKeys(page) {
  await page.click("nav >> text=API keys");
  await page.waitForSelector("h1 >> text=API keys");
}

test("a key of an application: made, saved, used, changed, found, deleted", async () => {
  const { id } = await application("checkout");
  const { page, faults, context } = await openPage(browser, { acceptDownloads: true });
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await signInAsOwner(page, server);
  await goToKeys(page);
  await page.click("header >> text=Create an API key");
  await page.getByLabel("Find the application").fill("check");
  await page.getByRole("combobox", { name: "Application" }).selectOption({ label: "checkout" });
  // What a user writes is text, whichever way it is written.
  const description = `<img src=x onerror="document.title='executed'"> \u202eمفتاح`;
  await page.locator("dialog").getByLabel("Description").fill(description);
  assert.deepEqual(await page.locator("dialog").getByLabel("It ends after").locator("option").allTextContents(), ["1 hour", "1 day", "7 days", "30 days", "90 days", "6 months", "1 year", "Never (not recommended)"]);
  await page.locator("dialog").getByLabel("It ends after").selectOption({ label: "1 hour" });
  await checkAccessibility(page);
  if (process.env["SCREENSHOTS"]) await page.screenshot({ path: `${process.env["SCREENSHOTS"]}/keys-create.png` });
  await page.click("text=Save");

  await page.waitForSelector("text=Your new API key");
  await checkAccessibility(page);
  if (process.env["SCREENSHOTS"]) await page.screenshot({ path: `${process.env["SCREENSHOTS"]}/keys-secret.png` });
  await page.keyboard.press("Escape");
  await page.keyboard.press("Escape");
  assert.ok(await page.getByText("Your new API key").isVisible(), "Escape has closed what is shown this once");
  const [accessKey = "", secretKey = ""] = await page.locator("dialog dd code").allTextContents();
  assert.match(accessKey, /^SCW[A-Z0-9]{17}$/);
  assert.match(secretKey, /^[0-9a-f-]{36}$/);
  await page.getByRole("button", { name: "Copy the secret key" }).click();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), secretKey);
  for (const [place, wanted] of [
    [".env", `SCW_SECRET_KEY=${secretKey}\n`],
    ["~/.config/scw/config.yaml", `secret_key: ${secretKey}\n`],
    ["~/.aws/credentials", `aws_secret_access_key = ${secretKey}\n`],
  ]) {
    await page.locator("dialog").getByLabel("As a file").selectOption({ label: place ?? "" });
    const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: `Download ${place}` }).click()]);
    const text = readFileSync(await file.path(), "utf8");
    assert.ok(text.includes(wanted ?? "") && text.includes(accessKey), text);
  }
  // The key works.
  const answer = await fetch(`${server.url}/iam/v1alpha1/api-keys/${accessKey}`, { headers: { "X-Auth-Token": secretKey } });
  assert.equal(answer.status, 403, "the application has no policy, so it is known and refused");
  await page.click("text=I have saved the secret key");
  assert.ok(!(await page.content()).includes(secretKey), "the secret key is still on the page");

  const row = page.locator("tr", { hasText: accessKey });
  await row.waitFor();
  assert.ok((await row.textContent())?.includes(description));
  assert.match((await row.textContent()) ?? "", /checkout.*Soon/s);
  assert.notEqual(await page.title(), "executed");
  await row.getByRole("button", { name: `Edit ${accessKey}` }).click();
  await page.locator("dialog").getByLabel("Description").fill("the till");
  await page.locator("dialog").getByLabel("It ends after").selectOption({ label: "1 year from now" });
  await page.click("text=Save");
  await row.getByText("the till").waitFor();
  const key = await server.api("GET", `/iam/v1alpha1/api-keys/${accessKey}`);
  assert.equal(key.application_id, id);
  assert.ok(Date.parse(key.expires_at) - Date.parse(key.created_at) >= 365 * 86_400_000 - 1000, key.expires_at);

  await page.getByRole("searchbox", { name: "Search by description or access key" }).fill("HE TIL");
  await page.waitForFunction(() => document.querySelectorAll("tbody tr").length === 1);
  await row.waitFor();
  await page.getByRole("searchbox", { name: "Search by description or access key" }).fill("the tiller");
  await page.waitForSelector("text=Nothing found.");
  await page.getByRole("searchbox", { name: "Search by description or access key" }).fill(` ${accessKey.slice(4).toLowerCase()} `);
  await row.waitFor();
  await page.getByRole("combobox", { name: "Keys" }).selectOption({ label: "Mine" });
  await page.waitForSelector("text=Nothing found.");
  await page.getByRole("searchbox", { name: "Search by description or access key" }).fill("");
  await page.locator("td >> text=you").first().waitFor();
  assert.equal(await row.count(), 0);
  await page.goto(`${server.url}/console/api-keys`);
  await row.waitFor();
  await checkForms(page, "keys");

  await row.getByRole("button", { name: `Delete ${accessKey}` }).click();
  const remove = page.locator("dialog").getByRole("button", { name: "Delete" });
  assert.ok(await remove.isDisabled());
  await page.getByLabel(`To confirm, type ${accessKey}`).fill(accessKey);
  await checkAccessibility(page);
  await remove.click();
  await row.waitFor({ state: "detached" });
  assert.deepEqual(faults, []);
});

test("a new key is refused, or its answer is lost: what was typed stays", async () => {
  const { page, faults, context } = await openPage(browser);
  await signInAsOwner(page, server);
  await server.api("PATCH", `/iam/v1alpha1/organizations/${server.organizationId}/security-settings`, { max_api_key_expiration_duration: "86400s" });
  await goToKeys(page);
  await page.click("header >> text=Create an API key");
  await page.locator("dialog").getByLabel("Mine").check();
  await page.waitForSelector("text=Your organization limits how long a key lives.");
  assert.deepEqual(await page.locator("dialog").getByLabel("It ends after").locator("option").allTextContents(), ["1 hour", "1 day"]);
  const long = "x".repeat(10_000);
  await page.locator("dialog").getByLabel("Description").fill(long);
  await page.click("text=Save");
  await page.waitForSelector("dialog .field-error");
  await checkAccessibility(page);
  assert.equal(await page.locator("dialog").getByLabel("Description").inputValue(), long);
  await page.locator("dialog").getByLabel("Description").fill("mine");
  await context.setOffline(true);
  await page.click("text=Save");
  await page.waitForSelector("text=The server cannot be reached");
  await page.waitForSelector("text=The key may have been made all the same");
  assert.equal(await page.locator("dialog").getByLabel("Description").inputValue(), "mine");
  await context.setOffline(false);
  await page.click("text=Save");
  await page.waitForSelector("text=Your new API key");
  await page.click("text=I have saved the secret key");
  await page.locator("tr", { hasText: "mine" }).waitFor();
  await server.api("PATCH", `/iam/v1alpha1/organizations/${server.organizationId}/security-settings`, { max_api_key_expiration_duration: "0s" });
  assert.deepEqual(faults, []);
});

test("a member without rights sees and makes keys of its own", async () => {
  await server.api("POST", "/iam/v1alpha1/users", { organization_id: server.organizationId, member: { email: "ann@example.com", username: "ann", password: "Correct-horse-42", send_password_email: false } });
  const { page, faults } = await openPage(browser);
  await signInAsMember(page, server, "ann", "Correct-horse-42");
  await goToKeys(page);
  await page.waitForSelector("text=No API key yet");
  await checkAccessibility(page);
  await page.click("header >> text=Create an API key");
  await page.waitForSelector("dialog >> text=You lack the permission");
  await page.locator("dialog").getByLabel("Mine").check();
  await page.locator("dialog").getByLabel("Description").fill("laptop");
  await page.click("text=Save");
  await page.click("text=I have saved the secret key");
  const row = page.locator("tr", { hasText: "laptop" });
  await row.waitFor();
  assert.equal(await page.locator("tbody tr").count(), 1);
  await row.getByRole("button", { name: /^Delete/ }).click();
  await page.getByLabel(/^To confirm/).fill((await row.locator("code").textContent()) ?? "");
  await page.locator("dialog").getByRole("button", { name: "Delete" }).click();
  await page.waitForSelector("text=No API key yet");
  assert.deepEqual(faults, []);
});
