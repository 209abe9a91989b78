import { Errors } from "@scaleway/sdk-client";
import { expect, test } from "vitest";
import { BridgeError } from "./bridge";
import { setsWith, type Catalog } from "./catalog";
import { faultOf } from "./fault";

const denied = { message: "insufficient permissions", type: "permissions_denied", details: [{ action: "create", resource: "application" }] };
const invalid = { message: "invalid argument(s)", type: "invalid_arguments", details: [{ argument_name: "name", reason: "constraint", help_message: "too long" }] };

test.each([
  ["our own call, denied", new BridgeError(403, denied), { status: 403, missing: [":application:create"], fields: {}, message: "insufficient permissions" }],
  ["the client, denied", new Errors.ScalewayError(403, denied), { status: 403, missing: [":application:create"], fields: {}, message: "insufficient permissions" }],
  ["a wrong field", new BridgeError(400, invalid), { status: 400, missing: [], fields: { name: "too long" }, message: "invalid argument(s)" }],
  ["an answer that is no JSON", new BridgeError(502, undefined), { status: 502, missing: [], fields: {}, message: undefined }],
  ["no connection", new TypeError("Failed to fetch"), { status: 0, missing: [], fields: {}, message: undefined }],
])("%s", (_, error, want) => {
  expect(faultOf(error)).toEqual(want);
});

test("the smallest permission set comes first", () => {
  const set = (name: string, ...permissions: string[]) => ({ name, scope_type: "organization" as const, category: "", description: "", permissions });
  const catalog: Catalog = { services: [], permission_sets: [set("All", "iam:group:read", "iam:group:list"), set("One", "iam:group:list"), set("Other", "iam:user:list")] };
  expect(setsWith(catalog, ":group:list")).toEqual(["One", "All"]);
  expect(setsWith(catalog, "iam:group:list")).toEqual(["One", "All"]);
  expect(setsWith(catalog, "iam:group:delete")).toEqual([]);
});
