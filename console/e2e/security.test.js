import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { checkAccessibility, checkForms, openPage, signInAsMember, signInAsOwner, startBrowser } from "./browser.js";
import { startServer } from "./server.js";

/** @type {Awaited<ReturnType<typeof startServer>>} */
let server;
/** @type {import("playwright-core").Browser} */
let browser;
const password = "vivid-lantern-orbit-47";

before(async () => {
  [server, browser] = await Promise.all([startServer(), startBrowser()]);
  const member = { username: "ann", email: "ann@example.com", password, first_name: "Ann", last_name: "Archer", phone_number: "", locale: "", send_password_email: false, send_welcome_email: false };
  await server.api("POST", "/iam/v1alpha1/users", { organization_id: server.organizationId, tags: [], member });
});
after(async () => {
  await Promise.all([browser?.close(), server?.stop()]);
});

/** @param {import("playwright-core").Page} page @param {string} title */
const panel = (page, title) => page.locator("section.panel").filter({ has: page.getByRole("heading", { name: title, exact: true }) });

test("the owner changes how the organization signs in", async () => {
  const organization = `/iam/v1alpha1/organizations/${server.organizationId}`;
  const { page, faults } = await openPage(browser);
  await signInAsOwner(page, server);
  await page.click("nav >> text=Security");
  await page.waitForSelector("text=Sign-in rules");
  await checkForms(page, "security");

  const rules = panel(page, "Sign-in rules");
  await rules.getByLabel("Attempts before a member is locked").fill("51");
  await rules.getByRole("button", { name: "Save" }).click();
  await rules.getByRole("alert").waitFor();
  assert.equal(await rules.getByLabel("Attempts before a member is locked").getAttribute("aria-invalid"), "true");
  await checkAccessibility(page);
  // Somebody else changes another setting meanwhile: it stays.
  await server.api("PATCH", `${organization}/security-settings`, { enforce_password_renewal: true });
  await rules.getByLabel("Attempts before a member is locked").fill("7");
  await rules.getByLabel("Grace period", { exact: true }).fill("36");
  await rules.getByLabel("Unit: Grace period").selectOption("hours");
  await rules.getByLabel("New API keys must end").check();
  await rules.getByLabel("Longest life of an API key", { exact: true }).fill("30");
  await rules.getByRole("button", { name: "Save" }).click();
  await rules.getByText("Saved.").waitFor();
  assert.deepEqual(await server.api("GET", `${organization}/security-settings`), {
    enforce_password_renewal: true,
    grace_period_duration: "129600s",
    login_attempts_before_locked: 7,
    max_login_session_duration: "2592000s",
    max_api_key_expiration_duration: "2592000s",
  });

  const demands = panel(page, "Second factor and renewal");
  await demands.getByLabel("Everybody needs a second factor").check();
  await demands.getByLabel("Passwords are replaced after a long absence").check();
  await demands.getByRole("button", { name: "Save" }).click();
  await demands.getByText("Saved.").waitFor();
  assert.deepEqual(await server.api("GET", "/bailiwick/v1/login-policy"), { mfa_required: true, password_inactivity: "7776000s" });

  const methods = panel(page, "Login methods");
  for (const name of ["Code by mail", "OpenID provider"]) if (await methods.getByLabel(name).isChecked()) await methods.getByLabel(name).uncheck();
  assert.equal(await methods.getByLabel("Password or passkey").isDisabled(), true, "the last method can be switched off");
  await methods.getByRole("button", { name: "Save" }).click();
  await methods.getByText("Saved.").waitFor();
  const { login_password_enabled: byPassword, login_magic_code_enabled: byCode, login_oauth2_enabled: byProvider } = await server.api("GET", organization);
  assert.deepEqual([byPassword, byCode, byProvider], [true, false, false]);

  const alias = panel(page, "Alias");
  await alias.getByLabel("New alias").fill("Acme!");
  await alias.getByText("Only lower-case letters and digits").waitFor();
  assert.equal(await alias.getByRole("button", { name: "Set the alias" }).isDisabled(), true);
  // The answer when another organization has it; one server of one organization gives none.
  await page.route("**/bridge/**/alias", (route) => route.fulfill({ status: 409, json: { type: "conflict", message: "conflict" } }), { times: 1 });
  for (const name of ["taken", "acme"]) {
    await alias.getByLabel("New alias").fill(name);
    await alias.getByRole("button", { name: "Set the alias" }).click();
    await page.getByLabel(`To confirm, type ${name}`).fill(name);
    await page.getByRole("dialog").getByRole("button", { name: "Set the alias" }).click();
    await page.waitForSelector(name === "taken" ? "text=Another organization has this alias" : "code >> text=/login?organization=acme");
  }
  await checkAccessibility(page);
  await server.api("PATCH", `${organization}/login-methods`, { login_magic_code_enabled: true });
  await server.api("PATCH", `${organization}/security-settings`, { enforce_password_renewal: false });
  await server.api("PATCH", "/bailiwick/v1/login-policy", { mfa_required: false });
  assert.deepEqual(faults, []);
});

test("a member looks after its own account, and may not change the organization's settings", async () => {
  await server.api("PATCH", "/bailiwick/v1/login-policy", { mfa_required: true, password_inactivity: "0s" });
  const elsewhere = await openPage(browser);
  await signInAsMember(elsewhere.page, server, "ann", password);
  const { page, faults, context } = await openPage(browser);
  await signInAsMember(page, server, "ann", password);
  await page.waitForSelector("text=Your organization wants a second factor from you");
  await page.click("text=To your security settings");
  await page.waitForSelector("text=You have no second factor");

  const sessions = panel(page, "Sessions");
  const end = sessions.getByRole("button", { name: /^End the session Chrome/ });
  await end.first().click();
  await sessions.getByText("Ended.").waitFor();
  assert.equal(await sessions.getByRole("listitem").count(), 1);
  assert.equal(await end.count(), 0, "the session of this window can be ended here");
  assert.equal(await elsewhere.page.evaluate(() => fetch("/console/session", { headers: { "X-Bailiwick-Console": "1" } }).then((answer) => answer.status)), 401);
  await elsewhere.context.close();
  for (let i = 0; i < 2; i++) {
    const more = await openPage(browser);
    await signInAsMember(more.page, server, "ann", password);
    await more.context.close();
  }
  await page.reload();
  await sessions.getByRole("button", { name: "End all others" }).click();
  await page.getByText("2 besides this one").waitFor();
  await checkAccessibility(page);
  await page.getByRole("dialog").getByRole("button", { name: "End all others" }).click();
  await sessions.getByText("Ended.").waitFor();
  assert.equal(await sessions.getByRole("listitem").count(), 1);

  // A passkey is made on the server's own page, and looked after here.
  const device = await context.newCDPSession(page);
  await device.send("WebAuthn.enable");
  await device.send("WebAuthn.addVirtualAuthenticator", { options: { protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true, isUserVerified: true } });
  await page.click("text=Add a passkey");
  await page.fill("#name", "laptop");
  await page.click("form[data-passkey=register] button");
  await page.click("text=laptop >> xpath=ancestor::html >> a[href='/login?next=/console/account']");
  await page.waitForSelector("text=You have a second factor");
  assert.equal(await page.getByText("Your organization wants").count(), 0);
  await checkForms(page, "account");
  await page.getByRole("button", { name: "Rename laptop" }).click();
  await page.getByLabel("Name", { exact: true }).fill("<b>pocket</b>");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("button", { name: "Remove <b>pocket</b>" }).click();
  await page.getByLabel("To confirm, type <b>pocket</b>").fill("<b>pocket</b>");
  await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
  await page.waitForSelector("text=You have none yet.");
  await page.getByRole("button", { name: "Remove the app" }).click();
  await page.getByLabel("To confirm, type app").fill("app");
  await page.getByRole("dialog").getByRole("button", { name: "Remove the app" }).click();
  await page.waitForSelector("text=You have no app set up.");
  await page.keyboard.press("Escape");

  await page.click("nav >> text=Security");
  await page.waitForSelector("text=You lack the permission");
  await checkAccessibility(page);
  assert.deepEqual(faults, []);
});
