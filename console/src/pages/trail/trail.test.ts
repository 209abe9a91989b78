// @vitest-environment node
import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { checkChain, type EntriesPage } from "./chain";
import { csvCell, type WireEvent, writers } from "./export";
import { queryOf, readFilters, requestOf } from "./filters";

test.each([
  ["plain", "plain"],
  ["", ""],
  ['a "b", c', '"a ""b"", c"'],
  ["two\nlines", '"two\nlines"'],
  ["=HYPERLINK(1)", "'=HYPERLINK(1)"],
  ["@x,y", "\"'@x,y\""],
  ["\tx", "'\tx"],
])("the cell of %j is %j", (text, cell) => {
  expect(csvCell(text)).toBe(cell);
});

test("an event is one line in both formats", () => {
  const event: WireEvent = {
    id: "e", recorded_at: "2026-01-02T03:04:05Z", principal: { id: "p" }, project_id: null, source_ip: "::1", user_agent: "=cmd", product_name: "iam", service_name: "s", method_name: "M",
    status_code: 200, request_id: "r", request_body: { name: "a\nb" }, resources: [{ id: "1", type: "iam_user" }, { id: "2", type: "iam_group" }],
  };
  expect(writers.jsonl.line(event).match(/\n/g)).toHaveLength(1);
  expect(JSON.parse(writers.jsonl.line(event))).toEqual(event);
  expect(writers.csv.line(event)).toBe('2026-01-02T03:04:05Z,e,p,::1,\'=cmd,iam,s,M,200,,iam_user/1 iam_group/2,r,"{""name"":""a\\nb""}"\r\n');
  expect(writers.csv.head.split(",")).toHaveLength(13);
});

test("filters become the query of the API", () => {
  const filters = readFilters(new URLSearchParams("method=CreateUser&ip=192.0.2.1&status=403&type=iam_user&principal=p&resource=r&product=iam&service=s"));
  const query = queryOf(requestOf(filters, { after: new Date(0), before: new Date(1000) }, "o", "q"));
  expect(Object.fromEntries(query)).toEqual({
    organization_id: "o", project_id: "q", order_by: "recorded_at_desc", recorded_after: "1970-01-01T00:00:00.000Z", recorded_before: "1970-01-01T00:00:01.000Z", product_name: "iam",
    service_name: "s", method_name: "CreateUser", principal_id: "p", resource_type: "iam_user", resource_id: "r", status: "403", source_ip: "192.0.2.1",
  });
});

const zeros = "0".repeat(64);

function sha(...fields: (string | number)[]): string {
  const hash = createHash("sha256");
  for (const field of fields) {
    const text = Buffer.from(String(field));
    const length = Buffer.alloc(4);
    length.writeUInt32BE(text.length);
    hash.update(length).update(text);
  }
  return hash.digest("hex");
}

/** A chain of logins, of three entries on two pages; the second one is of an erased person. */
function logins(): [EntriesPage, EntriesPage] {
  const lines: string[] = [];
  let before = zeros;
  for (const sequence of [1, 2, 3]) {
    const [actor, content] = [sha("bailiwick-audit-1 actor", "s", "::1", "é"), sha("bailiwick-audit-1 content", "t", "anna")];
    const hash = sha("bailiwick-audit-1 entry", "authentication_events", "o", before, sequence, `id${sequence}`, 5, "u", "", "password", "", "r", actor, content);
    const personal = sequence === 2 ? { actor: { erased: actor }, content: { erased: content } } : { actor: { salt: "s", source_ip: "::1", user_agent: "é" }, content: { salt: "t", username: "anna" } };
    lines.push(JSON.stringify({ authentication_event: { organization_id: "o", sequence, id: `id${sequence}`, recorded_at: 5, user_id: "u", failure: "", method: "password", mfa: "", request_id: "r", ...personal, hash } }));
    before = hash;
  }
  const statement = { organization_id: "o", chain: "authentication_events", recorded_at: 9, key: "k", signature: "" };
  return [
    { begin: JSON.stringify({ begin: { ...statement, sequence: 0, hash: zeros } }), lines: lines.slice(0, 2), last_sequence: 2 },
    { lines: lines.slice(2), end: JSON.stringify({ end: { ...statement, sequence: 3, hash: before } }), last_sequence: 3 },
  ];
}

function check([first, second]: [EntriesPage, EntriesPage]) {
  return checkChain("o", "authentication_events", { onProgress: () => undefined, signal: new AbortController().signal }, (_organization, _chain, after) => Promise.resolve(after === 0 ? first : second));
}

test("a chain of system events fits, and a changed name does not", async () => {
  const content = sha("bailiwick-audit-1 content", "t", "anna");
  const hash = sha("bailiwick-audit-1 entry", "system_events", "o", zeros, 1, "id1", 5, "p", "unknown_kind", "logins", "LockMember", "iam", content, 1, "iam_user", "u", "updated", 1, 2, 0);
  const line = JSON.stringify({
    system_event: {
      organization_id: "o", sequence: 1, id: "id1", recorded_at: 5, project_id: "p", kind: "unknown_kind", source: "logins", name: "LockMember", product: "iam",
      resources: [{ type: "iam_user", id: "u", action: "updated", created_at: 1, updated_at: 2, deleted_at: 0 }], content: { salt: "t", names: ["anna"] }, hash,
    },
  });
  const statement = { organization_id: "o", chain: "system_events", recorded_at: 9, key: "k", signature: "" };
  const of = (lines: string[]) =>
    checkChain("o", "system_events", { onProgress: () => undefined, signal: new AbortController().signal }, () =>
      Promise.resolve({ begin: JSON.stringify({ begin: { ...statement, sequence: 0, hash: zeros } }), lines, end: JSON.stringify({ end: { ...statement, sequence: 1, hash } }), last_sequence: 1 }),
    );
  expect(await of([line])).toMatchObject({ entries: 1, erased: 0, broken: undefined });
  expect(await of([line.replace("LockMember", "LockNobody")])).toMatchObject({ broken: 1 });
  expect(await of([line.replace('"anna"', '"otto"')])).toMatchObject({ broken: 1 });
});

test("a whole chain fits, with erased entries", async () => {
  expect(await check(logins())).toMatchObject({ entries: 3, erased: 1, removed: 0, head: { sequence: 3 }, broken: undefined });
});

test.each<[string, number, (pages: [EntriesPage, EntriesPage]) => void]>([
  ["a changed value", 1, ([first]) => void (first.lines[0] = first.lines[0]?.replace("anna", "otto") ?? "")],
  ["a removed entry", 2, ([first]) => void first.lines.pop()],
  ["a changed commitment", 2, ([first]) => void (first.lines[1] = first.lines[1]?.replace(/"erased":"./, '"erased":"x') ?? "")],
  ["a cut end", 3, ([, second]) => void second.lines.pop()],
  ["another organization", 3, ([, second]) => void (second.lines[0] = second.lines[0]?.replace('"organization_id":"o"', '"organization_id":"p"') ?? "")],
  ["a beginning that was cut off without a signature", 0, ([first]) => void (first.begin = first.begin?.replace(zeros, `1${zeros.slice(1)}`) ?? "")],
])("%s is found at entry %i", async (_, broken, change) => {
  const pages = logins();
  change(pages);
  expect(await check(pages)).toMatchObject({ broken });
});
