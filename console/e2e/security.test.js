import assert from "node:assert/strict";
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

const settings = () => server.api("GET", `/iam/v1alpha1/organizations/${server.organizationId}/security-settings`);
const organization = () => server.api("GET", `/iam/v1alpha1/organizations/${server.organizationId}`);

test("the organization's settings, demands, ways to sign in and alias", async () => {
  const { page, faults } = await openPage(browser);
  await signInAsOwner(page, server);
  await page.getByRole("link", { name: "Security", exact: true }).click();
  const part = (/** @type {string} */ name) => page.getByRole("region", { name, exact: true });
  const rules = part("Sign-in and credentials");
  await rules.waitFor();
  await checkForms(page, "security");
  const save = rules.getByRole("button", { name: "Save" });
  assert.ok(await save.isDisabled(), "nothing to save");

  await rules.getByLabel("Attempts before a user is locked").fill("51");
  await rules.getByLabel("A session lasts at most").selectOption({ label: "12 hours" });
  await save.click();
  await rules.locator(".api-error").waitFor();
  await checkAccessibility(page);
  assert.equal(await rules.getByLabel("A session lasts at most").inputValue(), String(12 * 3600), "what was chosen is lost");
  await rules.getByLabel("Attempts before a user is locked").fill("7");
  await rules.getByLabel("An API key lives at most").selectOption({ label: "90 days" });
  await save.click();
  await rules.getByText("Saved.").waitFor();
  const { login_attempts_before_locked: attempts, max_login_session_duration: session, max_api_key_expiration_duration: keys } = await settings();
  assert.deepEqual([attempts, Number.parseFloat(session), Number.parseFloat(keys)], [7, 12 * 3600, 90 * 86400]);

  const demands = part("Demands");
  await demands.getByLabel("Everybody needs a second factor").check();
  await demands.getByRole("button", { name: "Save" }).click();
  await demands.getByText("Saved.").waitFor();
  assert.equal((await server.api("GET", "/bailiwick/v1/login-policy")).mfa_required, true);

  const ways = part("Ways to sign in");
  for (const name of ["Code by mail", "OpenID provider"]) await ways.getByLabel(name).uncheck();
  assert.ok(await ways.getByLabel("Password, or passkey").isDisabled(), "the last way can be taken off");
  await ways.getByRole("button", { name: "Save" }).click();
  await ways.getByText("Saved.").waitFor();
  const { login_password_enabled: password, login_magic_code_enabled: code, login_oauth2_enabled: oauth2 } = await organization();
  assert.deepEqual([password, code, oauth2], [true, false, false]);

  const alias = part("Alias");
  await alias.getByLabel("Alias of the organization").fill("Not one");
  assert.ok(await alias.getByRole("button", { name: "Set the alias" }).isDisabled());
  await alias.getByLabel("Alias of the organization").fill("acme");
  await alias.getByRole("button", { name: "Set the alias" }).click();
  const dialog = page.locator("dialog");
  await dialog.getByLabel("To confirm, type acme").fill("acme");
  await checkAccessibility(page);
  await dialog.getByRole("button", { name: "Set the alias" }).click();
  await alias.getByText("The alias is acme.").waitFor();
  assert.equal((await organization()).alias, "acme");
  assert.deepEqual(faults, []);
});

test("who may not read the settings is told why; a demand is a notice; sessions are seen and ended", async () => {
  const user = await server.api("POST", "/iam/v1alpha1/users", { organization_id: server.organizationId, member: { email: "eve@example.com", username: "eve", password: "Correct-horse-42" } });
  await server.api("POST", "/iam/v1alpha1/policies", {
    organization_id: server.organizationId, name: "reader", description: "", user_id: user.id,
    rules: [{ permission_set_names: ["IAMReadOnly"], organization_id: server.organizationId }],
  });
  await server.api("PATCH", "/bailiwick/v1/login-policy", { mfa_required: true });
  const elsewhere = await openPage(browser, { userAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0" });
  await signInAsMember(elsewhere.page, server, "eve", "Correct-horse-42");
  const { page, faults } = await openPage(browser);
  await signInAsMember(page, server, "eve", "Correct-horse-42");
  await page.getByText("Your organization wants a second factor from you").waitFor();
  await page.getByRole("link", { name: "Security", exact: true }).click();
  await page.getByText("You lack the permission security_settings:read").waitFor();
  await checkAccessibility(page);

  await page.getByRole("link", { name: "Your sessions" }).click();
  await page.getByText("Firefox, Linux").waitFor();
  await checkForms(page, "sessions");
  assert.equal(await page.locator("tbody tr").count(), 2);
  assert.equal(await page.locator("tbody tr").getByText("This session", { exact: true }).count(), 1);
  await page.getByRole("button", { name: /^End the session of Firefox, Linux/ }).click();
  await checkAccessibility(page);
  await page.locator("dialog").getByRole("button", { name: "End", exact: true }).click();
  await page.locator("dialog").waitFor({ state: "detached" });
  await page.getByText("Firefox, Linux").waitFor({ state: "detached" });
  await elsewhere.page.getByRole("link", { name: "Your sessions" }).click();
  await elsewhere.page.getByText("Your session has ended").waitFor();

  await page.getByRole("button", { name: "End all others" }).click();
  await page.locator("dialog").getByRole("button", { name: "End all others" }).click();
  await page.locator("dialog").waitFor({ state: "detached" });
  const { jwts } = await server.api("GET", `/iam/v1alpha1/jwts?audience_id=${user.id}&expired=false`);
  assert.equal(jwts.length, 1);
  assert.equal(await page.locator("tbody tr").count(), 1);
  assert.deepEqual(faults, []);
});
