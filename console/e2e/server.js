// A server of its own for each test file: the real one, on a free port, with its data in a
// temporary folder.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

const binary = process.env["BAILIWICK_BINARY"] ?? "../bin/bailiwick";
const patience = 30_000;

async function freePort() {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  if (typeof address !== "object" || address === null) throw new Error("no port");
  return address.port;
}

/** @param {string} path */
function readEnv(path) {
  /** @type {Record<string, string>} */
  const values = {};
  for (const line of readFileSync(path, "utf8").split("\n")) {
    const [, name, value] = /^([A-Z_]+)='?(.*?)'?$/.exec(line) ?? [];
    if (name !== undefined && value !== undefined) values[name] = value;
  }
  return values;
}

/** Starts a server, with more flags if there are any; stop it with stop.
 * @param {readonly string[]} [flags] */
export async function startServer(flags = []) {
  const folder = mkdtempSync(join(tmpdir(), "bailiwick-console-"));
  const data = join(folder, "data");
  const port = await freePort();
  const log = openSync(join(folder, "log"), "w");
  const child = spawn(binary, ["serve", "--listen", `127.0.0.1:${port}`, "--data", data, ...flags], { stdio: ["ignore", log, log], env: { HOME: folder } });
  const url = `http://localhost:${port}`;
  for (const start = Date.now(); ; await pause(50)) {
    const answer = await fetch(`${url}/readyz`).catch(() => undefined);
    if (answer?.ok) break;
    if (child.exitCode !== null || Date.now() - start > patience) throw new Error(`the server does not start:\n${readFileSync(join(folder, "log"), "utf8")}`);
  }
  const env = readEnv(join(data, "credentials.env"));
  /** Calls the API as the owner, with the key of the first start.
   * @param {string} method @param {string} path @param {unknown} [body] */
  const api = async (method, path, body) => {
    const answer = await fetch(url + path, {
      method,
      headers: { "X-Auth-Token": env["SCW_SECRET_KEY"] ?? "", ...(body === undefined ? {} : { "Content-Type": "application/json" }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return text === "" ? undefined : JSON.parse(text);
  };
  const stop = async () => {
    child.kill("SIGTERM");
    if (child.exitCode === null) await once(child, "exit");
    rmSync(folder, { recursive: true });
  };
  return { url, env, api, stop, organizationId: env["SCW_DEFAULT_ORGANIZATION_ID"] ?? "" };
}
