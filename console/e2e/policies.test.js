import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { checkAccessibility, checkForms, openPage, signInAsMember, signInAsOwner, startBrowser } from "./browser.js";
import { startServer } from "./server.js";

/** @type {Awaited<ReturnType<typeof startServer>>} */
let server;
/** @type {import("playwright-core").Browser} */
let browser;
/** @type {{ id: string }} */
let application;
/** @type {{ id: string }} */
let group;

const password = "Correct-horse-battery-1";
const markup = "<img src=x onerror=alert(1)>";

before(async () => {
  [server, browser] = await Promise.all([startServer(), startBrowser()]);
  const organization_id = server.organizationId;
  application = await server.api("POST", "/iam/v1alpha1/applications", { organization_id, name: "checkout", description: markup });
  group = await server.api("POST", "/iam/v1alpha1/groups", { organization_id, name: "on call" });
  await server.api("POST", `/iam/v1alpha1/groups/${group.id}/add-member`, { application_id: application.id });
  await server.api("POST", "/iam/v1alpha1/users", { organization_id, member: { email: "m@example.com", username: "reader", password } });
});
after(async () => {
  await Promise.all([browser?.close(), server?.stop()]);
});

/** @param {import("playwright-core").Page} page @param {string} name */
const button = (page, name) => page.getByRole("button", { name, exact: true });

/**
 * Types into the editor as people do: what fill does instead lets the browser write styles of its own.
 * @param {import("playwright-core").Locator} editor @param {string} text
 */
async function type(editor, text) {
  await editor.press("Control+a");
  await editor.press("Backspace");
  await editor.page().keyboard.insertText(text);
}

test("a policy is made, changed, cloned and deleted", async () => {
  const { page, faults } = await openPage(browser);
  await signInAsOwner(page, server);
  await page.click("nav >> text=Policies");
  await page.waitForSelector("main h1 >> text=Policies");
  await button(page, "Create a policy").first().click();
  await page.getByLabel("Name", { exact: true }).fill("deploy");
  await page.getByLabel("Kind").selectOption("application");
  await page.getByLabel("Choose one").selectOption(application.id);
  await button(page, "Add a rule").click();
  await button(page, "Choose permission sets of rule 1").click();
  await page.getByLabel("Search by name, description or permission").fill("objectstoragereadonly");
  await page.waitForSelector("dialog >> text=ObjectStorageReadOnly");
  await page.getByRole("checkbox", { name: "ObjectStorageReadOnly" }).check();
  await checkAccessibility(page);
  await button(page, "Done").click();
  await button(page, "Add a condition").click();
  await page.getByLabel("Addresses and networks of the caller").fill("192.0.2.0/24");
  await page.waitForSelector("text=This condition can be evaluated");
  await page.getByRole("button", { name: "Review and save" }).click();
  await page.waitForSelector("dialog >> text=checkout");
  assert.match((await page.textContent("dialog")) ?? "", /gains 0, under conditions [1-9]\d*, loses 0/);
  await checkAccessibility(page);
  await page.locator("dialog").getByRole("button", { name: "Save" }).click();
  await page.waitForURL(/policies\/[0-9a-f-]{36}$/);
  await page.waitForSelector("main h1 >> text=deploy");
  const [policy] = (await server.api("GET", `/iam/v1alpha1/policies?organization_id=${server.organizationId}&policy_name=deploy`)).policies;
  assert.equal(policy.application_id, application.id);
  const { rules } = await server.api("GET", `/iam/v1alpha1/rules?policy_id=${policy.id}`);
  assert.deepEqual(
    rules.map((/** @type {any} */ rule) => [rule.permission_set_names, rule.condition, rule.organization_id]),
    [[["ObjectStorageReadOnly"], 'inIpRange(request.ip, "192.0.2.0/24")', server.organizationId]],
  );
  await checkForms(page, "policy");

  await page.click("text=All policies");
  await page.getByLabel("Search by name").fill("deploy");
  await page.waitForSelector("text=1–1 of 1");
  await page.getByRole("combobox", { name: "Show" }).selectOption("none");
  await page.waitForSelector("text=Nothing found.");
  await page.getByRole("combobox", { name: "Show" }).selectOption("");
  await button(page, "Clone deploy").click();
  await page.waitForSelector("text=It is called Copy of deploy");
  await button(page, "Delete Copy of deploy").click();
  await page.locator("dialog input").fill("Copy of deploy");
  await checkAccessibility(page);
  await page.locator("dialog").getByRole("button", { name: "Delete" }).click();
  await page.waitForSelector("dialog", { state: "detached" });
  await page.waitForFunction(() => !document.querySelector("table")?.textContent?.includes("Copy of"));
  await page.getByLabel("Search by name").fill("");
  await checkForms(page, "policies");
  assert.deepEqual(faults, []);
});

test("a condition is checked while it is typed, and its faults are marked", async () => {
  const { page, faults } = await openPage(browser);
  await signInAsOwner(page, server);
  await page.goto(`${server.url}/console/policies/new`);
  await button(page, "Add a rule").click();
  await button(page, "Add a condition").click();
  await button(page, "CEL").click();
  const editor = page.getByRole("textbox", { name: "Condition" });
  await type(editor, 'request.ip == "1.2.3.4" &&\nrequest.nothing == 1');
  await page.waitForSelector("text=Line 2, column");
  await page.waitForSelector(".cm-lintRange-error");
  await checkForms(page, "condition");
  await type(editor, 'request.time.getHours() < 8 && request.ip == "10.0.0.1"');
  await page.waitForSelector("text=no_time_zone");
  await page.waitForSelector("text=private_address");
  assert.equal(await page.locator(".cm-lintRange-error").count(), 0);
  await button(page, "Builder").click();
  await page.waitForSelector("text=written by hand");
  await button(page, "Empty the condition").click();
  await page.getByLabel("At certain times only").check();
  await page.getByLabel("Time zone").fill("Europe/Paris");
  await page.waitForSelector("text=This condition can be evaluated");
  await button(page, "CEL").click();
  assert.match((await editor.textContent()) ?? "", /getDayOfWeek\("Europe\/Paris"\) in \[1, 2, 3, 4, 5\]/);
  await checkAccessibility(page);
  assert.deepEqual(faults, []);
});

test("the JSON of a policy goes both ways", async () => {
  const { page, faults } = await openPage(browser);
  await signInAsOwner(page, server);
  await page.goto(`${server.url}/console/policies/new`);
  await button(page, "JSON").click();
  const text = page.getByLabel("The policy as JSON");
  await text.fill('{"name": "from json", "group": "on call", "effect": "deny", "rules": [{"organization": true, "permission_sets": ["IAMReadOnly"]}]}');
  await button(page, "Take over into the form").click();
  await page.waitForSelector("text=effect is not known");
  await checkForms(page, "policy-json").catch((error) => assert.fail(error));
  await button(page, "JSON").click();
  await text.fill('{"name": "from json", "group": "on call", "rules": [{"organization": true, "permission_sets": ["IAMReadOnly"]}]}');
  await button(page, "Take over into the form").click();
  await page.waitForSelector("text=The form has it now");
  await page.getByRole("button", { name: "Review and save" }).click();
  await page.waitForSelector("dialog >> text=Group on call: 1 members");
  await page.waitForSelector("dialog >> text=checkout");
  await page.locator("dialog").getByRole("button", { name: "Save" }).click();
  await page.waitForURL(/policies\/[0-9a-f-]{36}$/);
  await button(page, "JSON").click();
  assert.deepEqual(JSON.parse(await text.inputValue()), { name: "from json", group: "on call", rules: [{ organization: true, permission_sets: ["IAMReadOnly"] }] });
  assert.deepEqual(faults, []);
});

test("two tabs edit one policy, and nothing is lost", async () => {
  const { page, faults } = await openPage(browser);
  const rule = { organization_id: server.organizationId, permission_set_names: ["IAMReadOnly"] };
  const policy = await server.api("POST", "/iam/v1alpha1/policies", { organization_id: server.organizationId, name: "shared", no_principal: true, rules: [rule] });
  await signInAsOwner(page, server);
  const other = await page.context().newPage();
  const path = `${server.url}/console/policies/${policy.id}`;
  await Promise.all([page.goto(path), other.goto(path)]);
  await page.getByLabel("Name", { exact: true }).fill("mine");
  await other.getByLabel("Description").fill("theirs");
  // What was typed in one tab is still there after it was loaded again; the other has its own.
  page.on("dialog", (dialog) => void dialog.accept());
  await page.reload();
  await page.waitForSelector("text=kept in this tab");
  assert.equal(await other.getByLabel("Name", { exact: true }).inputValue(), "shared");
  for (const tab of [other, page]) {
    await tab.getByRole("button", { name: "Review and save" }).click();
    await tab.waitForSelector("dialog >> text=has no principal");
    await tab.locator("dialog").getByRole("button", { name: "Save" }).click();
    await tab.waitForSelector("dialog >> text=Who gains", { state: "detached" });
  }
  await page.waitForSelector("text=Somebody has changed this policy meanwhile");
  await checkAccessibility(page);
  await page.getByRole("button", { name: "Bring both together" }).click();
  await page.getByRole("button", { name: "Review and save" }).click();
  await page.locator("dialog").getByRole("button", { name: "Save" }).click();
  await page.waitForSelector("text=Saved.");
  const now = await server.api("GET", `/iam/v1alpha1/policies/${policy.id}`);
  assert.deepEqual([now.name, now.description, now.nb_rules], ["mine", "theirs", 1]);
  assert.deepEqual(faults, []);
});

test("names with markup, right-to-left and very long ones stay in their place", async () => {
  const { page, faults } = await openPage(browser);
  await signInAsOwner(page, server);
  await page.goto(`${server.url}/console/policies/new`);
  for (const name of [markup, "שלום עולם العربية", "x".repeat(10_000)]) {
    await page.getByLabel("Name", { exact: true }).fill("ok");
    await page.getByLabel("Description").fill(name);
    await button(page, "JSON").click();
    assert.equal(JSON.parse(await page.getByLabel("The policy as JSON").inputValue()).description, name);
    await button(page, "Form").click();
    await page.setViewportSize({ width: 360, height: 740 });
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth), 0);
  }
  // The server refuses it; the page says so and keeps it.
  await page.getByRole("button", { name: "Review and save" }).click();
  await page.locator("dialog").getByRole("button", { name: "Save" }).click();
  await page.waitForSelector("dialog [role=alert] >> text=description");
  await page.locator("dialog").getByRole("button", { name: "Cancel" }).click();
  assert.equal((await page.getByLabel("Description").inputValue()).length, 10_000);
  assert.deepEqual(faults, []);
});

test("who may not change policies is told why", async () => {
  const { page, faults } = await openPage(browser);
  await signInAsMember(page, server, "reader", password);
  await page.goto(`${server.url}/console/policies`);
  await page.waitForSelector("text=policy:list");
  await page.waitForSelector("text=IAMReadOnly");
  await checkForms(page, "policies-denied");
  assert.deepEqual(faults, []);
});
