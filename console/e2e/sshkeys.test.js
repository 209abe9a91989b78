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

const publicKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGJhaWxpd2ljay1rZXktb2YtMzItYnl0ZXMtaXMtb2sh ann@laptop";

test("an SSH key: added, disabled, enabled, renamed, deleted", async () => {
  const { page, faults } = await openPage(browser);
  await signInAsOwner(page, server);
  await page.click("nav >> text=SSH keys");
  await page.waitForSelector("text=No SSH key yet");
  await checkAccessibility(page);
  await page.click("header >> text=Add an SSH key");
  const dialog = page.locator("dialog");
  await dialog.getByLabel("Public key").fill("no key at all");
  await page.click("text=Save");
  await page.waitForSelector("dialog .api-error");
  assert.equal(await dialog.getByLabel("Public key").inputValue(), "no key at all");
  await checkAccessibility(page);
  await dialog.getByLabel("Public key").fill(`  ${publicKey}\n`);
  const name = "<b>ann</b> \u202eعلي";
  await dialog.getByLabel("Name").fill(name);
  await page.click("text=Save");
  const row = page.locator("tbody tr");
  await row.waitFor();
  assert.ok((await row.textContent())?.includes(name));
  await checkForms(page, "sshkeys");
  await page.getByLabel("Search by name").fill("nobody");
  await page.waitForSelector("text=Nothing found.");
  await page.getByLabel("Search by name").fill(">AN");
  await row.waitFor();
  await page.getByLabel("Search by name").fill("");
  await row.getByRole("button", { name: /^Disable/ }).click();
  await row.getByText("Disabled", { exact: true }).waitFor();
  await page.getByRole("combobox", { name: "State" }).selectOption({ label: "Enabled" });
  await page.waitForSelector("text=Nothing found.");
  await page.getByRole("combobox", { name: "State" }).selectOption({ label: "All" });
  await row.getByRole("button", { name: /^Enable/ }).click();
  await row.getByText("Enabled", { exact: true }).waitFor();
  await row.getByRole("button", { name: /^Rename/ }).click();
  await dialog.getByLabel("Name").fill("ann");
  await page.click("text=Save");
  await row.getByText("ann", { exact: true }).waitFor();
  const { ssh_keys: keys } = await server.api("GET", `/iam/v1alpha1/ssh-keys?organization_id=${server.organizationId}`);
  assert.deepEqual(
    keys.map((/** @type {Record<string, unknown>} */ key) => [key["name"], key["public_key"], key["disabled"]]),
    [["ann", publicKey.replace(" ann@laptop", ""), false]],
  );
  await row.getByRole("button", { name: "Delete ann" }).click();
  await page.getByLabel("To confirm, type ann").fill("ann");
  await dialog.getByRole("button", { name: "Delete" }).click();
  await page.waitForSelector("text=No SSH key yet");
  assert.deepEqual(faults, []);
});

test("who has rights in one project works there", async () => {
  const organization = server.organizationId;
  const project = await server.api("POST", "/account/v3/projects", { organization_id: organization, name: "shop", description: "" });
  const user = await server.api("POST", "/iam/v1alpha1/users", { organization_id: organization, member: { email: "bob@example.com", username: "bob", password: "Correct-horse-42", send_password_email: false } });
  await server.api("POST", "/iam/v1alpha1/policies", {
    organization_id: organization, name: "ssh", description: "", user_id: user.id,
    rules: [
      { permission_set_names: ["SSHKeysFullAccess"], project_ids: [project.id] },
      { permission_set_names: ["ProjectReadOnly"], organization_id: organization },
    ],
  });
  const { page, faults } = await openPage(browser);
  await signInAsMember(page, server, "bob", "Correct-horse-42");
  await page.click("nav >> text=SSH keys");
  await page.locator(".switchers select").last().selectOption({ label: "shop" });
  await page.click("header >> text=Add an SSH key");
  const dialog = page.locator("dialog");
  await dialog.getByLabel("Public key").fill(publicKey);
  await dialog.getByRole("combobox", { name: "Project" }).selectOption({ label: "The default project of the organization" });
  await dialog.getByText("You lack the permission").waitFor({ state: "attached" });
  await dialog.getByRole("combobox", { name: "Project" }).selectOption({ label: "shop" });
  await page.click("text=Save");
  const disable = page.locator("tbody tr").getByRole("button", { name: /^Disable/ });
  await disable.and(page.locator(":enabled")).waitFor();
  // The right ends while the page is open: the page says which one is missing, and goes on.
  const { policies } = await server.api("GET", `/iam/v1alpha1/policies?organization_id=${organization}&policy_name=ssh`);
  await server.api("DELETE", `/iam/v1alpha1/policies/${policies[0].id}`);
  await disable.click();
  await page.locator(".api-error").getByText("You lack the permission").first().waitFor();
  await checkAccessibility(page);
  assert.deepEqual(faults, []);
});
