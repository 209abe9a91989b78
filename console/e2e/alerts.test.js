import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { checkAccessibility, checkForms, openPage, signInAsMember, signInAsOwner, startBrowser } from "./browser.js";
import { startServer } from "./server.js";

/** @type {Awaited<ReturnType<typeof startServer>>} */
let server;
/** @type {import("playwright-core").Browser} */
let browser;
const password = "vivid-lantern-orbit-47";
// Nobody listens there, and nobody is called: no day is over yet.
const storage = ["--export-s3-endpoint", "http://127.0.0.1:9", "--export-s3-access-key", "key", "--export-s3-secret-key", "secret", "--export-s3-bucket", "audit"];

before(async () => {
  [server, browser] = await Promise.all([startServer(storage), startBrowser()]);
  await server.api("POST", "/iam/v1alpha1/users", { organization_id: server.organizationId, member: { email: "ann@example.com", username: "ann", password } });
});
after(async () => {
  await Promise.all([browser?.close(), server?.stop()]);
});

/** @param {import("playwright-core").Page} page @param {string} name */
const button = (page, name) => page.getByRole("button", { name, exact: true });
const region = "/audit-trail/v1alpha1/regions/fr-par";

/** @param {import("playwright-core").Page} page @param {string} name */
async function shoot(page, name) {
  if (process.env["SCREENSHOTS"]) await page.screenshot({ path: `${process.env["SCREENSHOTS"]}/${name}.png` });
}

test("rules are enabled and disabled, made, tried and deleted", async () => {
  const { page, faults } = await openPage(browser);
  await signInAsOwner(page, server);
  await page.click("nav >> text=Alerts");
  await button(page, "Enable ApiKeyCreated").click();
  await button(page, "Disable ApiKeyCreated").waitFor();
  await checkForms(page, "alerts");
  const enabled = () => server.api("GET", `${region}/alert-rules?organization_id=${server.organizationId}&status=enabled`).then((answer) => answer.alert_rules.map((/** @type {any} */ rule) => rule.name));
  assert.deepEqual(await enabled(), ["ApiKeyCreated"]);
  // A rule that is on its way to another state is looked at until it is there.
  let moves = true;
  await page.route("**/alert-rules?*", async (route) => {
    if (!moves) return route.continue();
    moves = false;
    const answer = await route.fetch();
    return route.fulfill({ response: answer, body: (await answer.text()).replace(/"status": ?"enabled"/, '"status":"enabling"') });
  });
  await page.reload();
  await page.waitForSelector("td >> text=Being enabled");
  assert.equal(await button(page, "Disable ApiKeyCreated").isDisabled(), true);
  await page.waitForSelector("td >> text=Being enabled", { state: "detached" });
  await page.getByRole("combobox", { name: "State" }).selectOption("enabled");
  await page.waitForSelector("text=1–1 of 1");
  await button(page, "Disable ApiKeyCreated").click();
  await page.waitForSelector("text=Nothing found.");
  assert.deepEqual(await enabled(), []);

  await button(page, "Your own rules").click();
  await page.waitForSelector("text=No rules of your own yet");
  await checkAccessibility(page);
  await button(page, "Create a rule").first().click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name", { exact: true }).fill("new-applications");
  await dialog.getByLabel("Description").fill("<img src=x onerror=alert(1)>");
  const editor = dialog.getByRole("textbox", { name: "Events that count" });
  /** @param {string} text */
  const type = async (text) => {
    await editor.press("Control+a");
    await editor.press("Backspace");
    await page.keyboard.insertText(text);
  };
  await type('methodName == "CreateApplication" &&\nnothing == 1');
  await dialog.getByRole("button", { name: "Save" }).click();
  await page.waitForSelector(".cm-lintRange-error");
  await checkAccessibility(page);
  await shoot(page, "alert-rule");
  await type('methodName == "CreateApplication"');
  await dialog.getByRole("button", { name: "Try it on what has happened" }).click();
  await page.waitForSelector("text=It would not fire now.");
  await server.api("POST", "/iam/v1alpha1/applications", { organization_id: server.organizationId, name: "checkout" });
  await dialog.getByRole("button", { name: "Try it on what has happened" }).click();
  await page.waitForSelector("text=It would fire now.");
  await dialog.getByRole("button", { name: "Save" }).click();
  await dialog.waitFor({ state: "detached" });
  await page.waitForSelector("td >> text=1 times within 5 minutes");
  const { custom_alert_rules: [rule] } = await server.api("GET", `${region}/custom-alert-rules?organization_id=${server.organizationId}`);
  assert.deepEqual(
    [rule.name, rule.description, rule.query, rule.occurrences, rule.evaluation_window, rule.severity, rule.status],
    ["new-applications", "<img src=x onerror=alert(1)>", 'methodName == "CreateApplication"', 1, "300s", "warning", "enabled"],
  );
  await checkForms(page, "alerts-own");
  await button(page, "Delete new-applications").click();
  await page.getByLabel("To confirm, type new-applications").fill("new-applications");
  await dialog.getByRole("button", { name: "Delete" }).click();
  await page.waitForSelector("text=No rules of your own yet");
  assert.deepEqual(faults, []);
});

test("where alerts go, and the secret of a webhook that is shown once", async () => {
  const { page, faults } = await openPage(browser);
  await signInAsOwner(page, server);
  await page.goto(`${server.url}/console/alerts?view=delivery`);
  await page.getByLabel("More addresses").fill("nobody");
  await button(page, "Save").click();
  await page.waitForSelector("form [role=alert]");
  assert.equal(await page.getByLabel("More addresses").getAttribute("aria-invalid"), "true");
  await page.getByLabel("More addresses").fill("soc@example.com, two@example.com");
  await page.getByLabel("Address of a webhook").fill("https://hooks.example.com/alerts");
  await button(page, "Save").click();
  await page.waitForSelector("text=The secret of the webhook");
  const secret = await page.locator("section code").textContent();
  assert.match(secret ?? "", /^whsec_/);
  await checkAccessibility(page);
  await checkForms(page, "alert-delivery");
  assert.doesNotMatch((await page.textContent("body")) ?? "", /whsec_/, "the secret is shown again");
  const { emails, webhook_url: url } = await server.api("GET", `/bailiwick/v1/alert-delivery?organization_id=${server.organizationId}`);
  assert.deepEqual([emails, url], [["soc@example.com", "two@example.com"], "https://hooks.example.com/alerts"]);
  assert.deepEqual(faults, []);
});

test("an export job is made, runs and is deleted", async () => {
  const { page, faults } = await openPage(browser);
  await signInAsOwner(page, server);
  await page.click("nav >> text=Export jobs");
  await page.waitForSelector("text=No export job yet");
  await checkAccessibility(page);
  await button(page, "Create an export job").first().click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name", { exact: true }).fill("daily");
  await dialog.getByLabel("Bucket", { exact: true }).fill("elsewhere");
  await dialog.getByLabel("Prefix").fill("audit/trail");
  await dialog.getByRole("button", { name: "Save" }).click();
  await dialog.getByRole("alert").waitFor();
  await checkAccessibility(page);
  await shoot(page, "export-job");
  await dialog.getByLabel("Bucket", { exact: true }).fill("audit");
  await dialog.getByRole("button", { name: "Save" }).click();
  await page.waitForSelector("td >> text=audit/audit/trail");
  assert.equal(await button(page, "Create an export job").isDisabled(), true, "a region has one job at most");
  await page.waitForSelector("td >> text=Succeeded");
  const { export_jobs: [job] } = await server.api("GET", `${region}/export-jobs?organization_id=${server.organizationId}`);
  assert.deepEqual([job.name, job.s3.bucket, job.s3.prefix, job.last_status.code], ["daily", "audit", "audit/trail", "success"]);
  await page.route("**/export-jobs?*", async (route) => {
    const answer = await route.fetch();
    const body = await answer.json();
    for (const one of body.export_jobs) one.last_status = { code: "failure", message: "the bucket answers 403 AccessDenied" };
    await route.fulfill({ response: answer, json: body });
  });
  await checkForms(page, "exports");
  await page.waitForSelector("td >> text=the bucket answers 403 AccessDenied");
  await page.unroute("**/export-jobs?*");
  await button(page, "Delete daily").click();
  await page.getByLabel("To confirm, type daily").fill("daily");
  await dialog.getByRole("button", { name: "Delete" }).click();
  await page.waitForSelector("text=No export job yet");
  assert.deepEqual(faults, []);
});

test("who may not is told which permission set is missing", async () => {
  const { page, faults } = await openPage(browser);
  await signInAsMember(page, server, "ann", password);
  for (const [path, action] of /** @type {const} */ ([
    ["alerts", "Create a rule"],
    ["export-jobs", "Create an export job"],
  ])) {
    await page.goto(`${server.url}/console/${path}`);
    await page.waitForSelector("[role=alert] >> text=AuditTrail");
    assert.equal(await button(page, action).first().isDisabled(), true, path);
    await checkAccessibility(page);
  }
  assert.deepEqual(faults, []);
});
