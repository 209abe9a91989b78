import { expect, test } from "vitest";
import { nameOfAgent } from "./agent";

test("user agents have short names", () => {
  for (const [agent, name] of [
    ["Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36", "Chrome, Linux"],
    ["Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0 Safari/537.36 Edg/142.0", "Edge, Windows"],
    ["Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605 (KHTML, like Gecko) Version/18.0 Mobile Safari/604", "Safari, iOS"],
    ["Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox, Linux"],
    ["scaleway-cli/2.40.0 (go1.24; linux; amd64)", "scaleway-cli/2.40.0"],
    ["", "–"],
    ["x".repeat(1000), "x".repeat(60)],
  ] as const) {
    expect(nameOfAgent(agent)).toBe(name);
  }
});
