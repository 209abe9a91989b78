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
  const { organizationId: organization_id } = server;
  const member = { username: "ann", email: "ann@example.com", password, first_name: "Ann", last_name: "Archer", phone_number: "", locale: "", send_password_email: false, send_welcome_email: false };
  await server.api("POST", "/iam/v1alpha1/users", { organization_id, tags: ["team=web"], member });
  // Texts that somebody would use against the reader, or that only need room.
  for (const [name, description] of [
    ["markup", "<img src=x onerror=alert(1)>"],
    ["direction", "\u202Eevil \u05D0\u05D1\u05D2"],
    ["x".repeat(64), "y".repeat(200)],
  ]) {
    await server.api("POST", "/iam/v1alpha1/applications", { organization_id, name, description, tags: [] });
  }
});
after(async () => {
  await Promise.all([browser?.close(), server?.stop()]);
});

test("an application is made, found, changed and deleted", async () => {
  const { page, faults } = await openPage(browser);
  await signInAsOwner(page, server);
  await page.goto(`${server.url}/console/applications`);
  await page.waitForSelector("td >> text=<img src=x");
  await checkForms(page, "applications");
  await page.click("text=Create an application");
  await page.getByLabel("Name", { exact: true }).fill("checkout");
  await page.getByLabel("Tags", { exact: true }).fill("a:b");
  await page.waitForSelector("text=letters, digits, spaces and . _ - / = + @ only");
  await page.getByLabel("Tags", { exact: true }).fill("env=prod");
  await page.keyboard.press("Enter");
  await checkAccessibility(page);
  if (process.env["SCREENSHOTS"]) await page.screenshot({ path: `${process.env["SCREENSHOTS"]}/application-dialog.png` });
  await page.click("text=Save");
  await page.waitForSelector("td >> text=checkout");
  await page.getByLabel("Search by name").fill("HECK");
  await page.waitForSelector("text=1–1 of 1");
  assert.match(page.url(), /q=HECK/);
  await page.click("text=Edit");
  await page.getByLabel("Name", { exact: true }).fill("y".repeat(65));
  await page.click("text=Save");
  await page.waitForSelector("dialog [role=alert]");
  await page.getByLabel("Name", { exact: true }).fill("check in");
  await page.click("text=Save");
  await page.waitForSelector("td >> text=check in");
  await page.click("tr >> text=Delete");
  await page.getByLabel("To confirm, type check in").fill("check");
  assert.equal(await page.getByRole("dialog").getByRole("button", { name: "Delete" }).isDisabled(), true);
  await page.getByLabel("To confirm, type check in").fill("check in");
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await page.waitForSelector("text=Nothing found.");
  assert.deepEqual(faults, []);
});

test("a group gets members that are found by name", async () => {
  const { page, faults } = await openPage(browser);
  await signInAsOwner(page, server);
  await page.goto(`${server.url}/console/groups`);
  await page.waitForSelector("td >> text=Administrators");
  await checkForms(page, "groups");
  await page.click("text=Create a group");
  await page.getByLabel("Name", { exact: true }).fill("web team");
  await page.getByLabel("Find a user or an application").fill("arch");
  await page.getByLabel("Add ann").click();
  await page.getByLabel("Find a user or an application").fill("xxx");
  await page.getByLabel(/^Add x+/).click();
  await checkAccessibility(page);
  if (process.env["SCREENSHOTS"]) await page.screenshot({ path: `${process.env["SCREENSHOTS"]}/group-dialog.png` });
  await page.click("text=Save");
  await page.waitForSelector("td >> text=1 users, 1 applications");
  const { groups } = await server.api("GET", `/iam/v1alpha1/groups?organization_id=${server.organizationId}&name=web%20team`);
  assert.deepEqual([groups[0].user_ids.length, groups[0].application_ids.length], [1, 1]);
  await page.getByLabel("Edit web team").click();
  await page.getByLabel("Remove ann").click();
  await page.click("text=Save");
  await page.waitForSelector("td >> text=0 users, 1 applications");
  assert.deepEqual(faults, []);
});

test("a member is added, changed, locked and deleted, a guest invited", async () => {
  const { page, faults } = await openPage(browser);
  await signInAsOwner(page, server);
  await page.goto(`${server.url}/console/users`);
  await page.waitForSelector("td >> text=ann");
  await checkForms(page, "users");
  await page.getByLabel("Search by name or address").fill("ARCH");
  await page.waitForSelector("text=1–1 of 1");
  await page.getByLabel("Search by name or address").fill("");
  await page.click("text=Add a member");
  await page.getByLabel("Username").fill("bob");
  await page.getByLabel("E-mail address").fill("bob@example.com");
  await checkAccessibility(page);
  if (process.env["SCREENSHOTS"]) await page.screenshot({ path: `${process.env["SCREENSHOTS"]}/member-dialog.png` });
  await page.getByRole("dialog").getByRole("button", { name: "Add the member" }).click();
  await page.waitForSelector("td >> text=bob");
  await page.getByLabel("Edit bob").click();
  await page.getByLabel("First name").fill("Bob");
  await page.click("text=Save");
  await page.waitForSelector("td >> text=Bob");
  await page.getByLabel("Lock bob", { exact: true }).click();
  await page.waitForSelector("td >> text=Locked");
  await page.getByLabel("Unlock bob").click();
  await page.waitForSelector("td >> text=Locked", { state: "detached" });
  await page.getByLabel("Delete bob").click();
  await page.getByLabel("To confirm, type bob").fill("bob");
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await page.waitForSelector("td >> text=bob", { state: "detached" });
  await page.click("text=Invite a guest");
  await page.getByLabel("E-mail address").fill("gast@example.com");
  await page.click("text=Send the invitation");
  await page.waitForSelector("text=An invitation is on its way to gast@example.com.");
  await page.waitForSelector("td >> text=Invited");
  await page.getByLabel("Kind").selectOption("member");
  await page.waitForSelector("text=1–1 of 1");
  assert.deepEqual(faults, []);
});

test("who may not is told which permission set is missing", async () => {
  const { page, faults } = await openPage(browser);
  await signInAsMember(page, server, "ann", password);
  await page.goto(`${server.url}/console/applications`);
  const create = page.getByRole("button", { name: "Create an application" }).first();
  await create.waitFor();
  assert.equal(await create.isDisabled(), true);
  await checkForms(page, "denied");
  await page.keyboard.press("Tab");
  await page.getByRole("group").filter({ has: page.getByRole("button", { name: "Create an application" }) }).first().focus();
  await page.waitForSelector("text=You lack the permission iam:application:create. It is in the permission sets");
  assert.deepEqual(faults, []);
});

test("another account of the same person is one choice away, behind its sign-in", async () => {
  const member = { email: "eva@example.com", username: "eva", password: "Correct-horse-42", send_password_email: false };
  await server.api("POST", "/iam/v1alpha1/users", { organization_id: server.organizationId, member });
  const owner = await openPage(browser);
  await signInAsOwner(owner.page, server);
  const eva = await openPage(browser);
  await signInAsMember(eva.page, server, "eva", "Correct-horse-42");
  // One account makes a code, the other one takes it.
  await eva.page.goto(`${server.url}/console/account`);
  await eva.page.click("text=Get a code");
  const code = (await eva.page.locator("dialog code").textContent()) ?? "";
  await eva.page.setViewportSize({ width: 360, height: 740 });
  assert.equal(await eva.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth), 0);
  await checkAccessibility(eva.page);
  if (process.env["SCREENSHOTS"]) await eva.page.screenshot({ path: `${process.env["SCREENSHOTS"]}/account-code.png` });
  await owner.page.goto(`${server.url}/console/account`);
  await owner.page.click("text=Enter a code");
  const dialog = owner.page.locator("dialog");
  await dialog.getByLabel("Code").fill("<b>none</b>");
  await dialog.getByRole("button", { name: "Connect" }).click();
  await dialog.locator("[role=alert], .field-error").first().waitFor();
  await checkAccessibility(owner.page);
  if (process.env["SCREENSHOTS"]) await owner.page.screenshot({ path: `${process.env["SCREENSHOTS"]}/account-join.png` });
  await dialog.getByLabel("Code").fill(` ${code} `);
  await dialog.getByRole("button", { name: "Connect" }).click();
  await dialog.waitFor({ state: "detached" });
  await eva.page.getByRole("button", { name: "Done" }).click();
  await eva.page.getByRole("button", { name: /^Disconnect / }).waitFor();
  const choice = owner.page.locator(".switchers select").first();
  await choice.locator("optgroup option").waitFor({ state: "attached" });
  await checkForms(owner.page, "connected");
  await choice.selectOption({ label: (await choice.locator("optgroup option").textContent()) ?? "" });
  await owner.page.waitForURL(/\/login\?/);
  assert.equal(await owner.page.inputValue("#username"), "eva");
  await owner.page.fill("#password", "Correct-horse-42");
  await owner.page.press("#password", "Enter");
  await owner.page.waitForSelector("main h1");
  assert.match((await owner.page.textContent(".settings .who")) ?? "", /eva/);

  await eva.page.getByRole("button", { name: /^Disconnect / }).click();
  await eva.page.getByRole("dialog").getByRole("button", { name: "Disconnect" }).click();
  await eva.page.waitForSelector("text=You have connected none yet.");
  assert.equal(await eva.page.locator(".switchers optgroup").count(), 0);
  assert.deepEqual([...owner.faults, ...eva.faults], []);
});
