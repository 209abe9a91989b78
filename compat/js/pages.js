// The login pages in a real browser: what only a browser does (scripts under the
// Content-Security-Policy, authenticators, cookies, forms that lead away).
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { once } from "node:events";
import { chromium } from "playwright-core";

const url = process.env.BAILIWICK_URL;
const email = process.env.BAILIWICK_OWNER_EMAIL;
const password = process.env.BAILIWICK_OWNER_PASSWORD;

// A browser in a container has no rights to a sandbox of its own; it sees our pages only.
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });
const violations = [];

async function open(options = {}) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  page.on("console", (message) => {
    if (/Content Security Policy|Refused to/.test(message.text())) violations.push(message.text());
  });
  page.on("pageerror", (error) => violations.push(String(error)));
  page.setDefaultTimeout(30_000);
  return page;
}

async function logIn(page) {
  await page.goto(`${url}/login?as=owner`);
  await page.fill("#email", email);
  await page.fill("#password", password);
  await page.press("#password", "Enter");
}

const signOut = async (page) => {
  await page.goto(`${url}/login`);
  await page.click('form[action="/logout"] button');
  await page.waitForSelector("text=You are signed out");
};

try {
  const page = await open();
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("WebAuthn.enable");
  await devtools.send("WebAuthn.addVirtualAuthenticator", {
    options: { protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true },
  });

  // A password, then a passkey is registered, which logs in alone and as the second step.
  await logIn(page);
  await page.waitForSelector("text=You are signed in");
  await page.goto(`${url}/security`);
  await page.fill("#name", "laptop");
  await page.click("text=Add a passkey");
  await page.waitForSelector("strong:text('laptop')");
  await signOut(page);
  await page.goto(`${url}/login`);
  await page.click("text=Use a passkey");
  await page.waitForSelector("text=You are signed in");
  await signOut(page);
  await logIn(page);
  await page.waitForSelector("text=One more step");
  await page.click("text=Use a passkey");
  await page.waitForSelector("text=You are signed in");

  // A program on this machine gets a session after a click, and no script could read the cookie.
  assert.equal(await page.evaluate(() => document.cookie), "");
  const program = createServer((_, response) => response.end("thanks")).listen(0, "127.0.0.1");
  await once(program, "listening");
  const target = `http://127.0.0.1:${program.address().port}/callback`;
  await page.goto(`${url}/authenticate?redirectToUrl=${encodeURIComponent(target)}`);
  const [request] = await Promise.all([once(program, "request"), page.click("text=Yes, sign it in")]);
  const session = JSON.parse(Buffer.from(new URL(request[0].url, target).searchParams.get("token"), "base64"));
  assert.equal(request[0].headers.referer, undefined);
  const answer = await fetch(`${url}/iam/v1alpha1/jwts`, { headers: { "X-Session-Token": session.token } });
  assert.equal(answer.status, 200);
  program.closeAllConnections();
  program.close();

  // The token of a mailed link leaves the address bar for the form.
  await page.goto(`${url}/login/reset#token=abc.def`);
  assert.equal(await page.inputValue("[name=token]"), "abc.def");
  assert.equal(page.url(), `${url}/login/reset`);

  // Without scripts, and on a small screen, a password logs in.
  const plain = await open({ javaScriptEnabled: false, locale: "fr-FR", colorScheme: "dark" });
  await logIn(plain);
  await plain.waitForSelector("text=Encore une étape");
  const small = await open({ viewport: { width: 360, height: 640 } });
  for (const path of ["/login", "/login?as=owner", "/login/reset", "/authenticate?redirectToUrl=x"]) {
    await small.goto(url + path);
    assert.equal(await small.evaluate(() => document.documentElement.scrollWidth), 360, path);
  }
  assert.deepEqual(violations, []);
} finally {
  await browser.close();
}
