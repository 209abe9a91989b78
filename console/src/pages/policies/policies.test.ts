import { describe, expect, test } from "vitest";
import type { PermissionSet } from "../../api/catalog";
import { fromCondition, noParts, toCondition } from "./builder";
import { isParsed, parseDocument, projectTexts, toDocument } from "./document";
import { type Draft, emptyDraft, merge, newRule, type Rule, ruleContent } from "./draft";
import { everywhere, type Grant, impact } from "./impact";

describe("the condition builder", () => {
  test.each([
    [noParts, ""],
    [{ ...noParts, networks: ["192.0.2.1"] }, 'request.ip == "192.0.2.1"'],
    [{ ...noParts, networks: ["192.0.2.0/24", "2001:db8::1"], agents: ['a"b\\'] }, '(inIpRange(request.ip, "192.0.2.0/24") || request.ip == "2001:db8::1") && request.user_agent.contains("a\\"b\\\\")'],
    [
      { ...noParts, schedule: { days: [5, 1], from: 8, to: 17, zone: "Europe/Paris" } },
      'request.time.getDayOfWeek("Europe/Paris") in [1, 5] && request.time.getHours("Europe/Paris") >= 8 && request.time.getHours("Europe/Paris") < 17',
    ],
    [{ ...noParts, schedule: { days: [], from: 22, to: 6, zone: "UTC" } }, '(request.time.getHours("UTC") >= 22 || request.time.getHours("UTC") < 6)'],
  ])("writes %j and reads it again", (parts, condition) => {
    expect(toCondition(parts)).toBe(condition);
    const read = fromCondition(condition);
    expect(read && toCondition(read)).toBe(condition);
  });

  test.each(["request.ip == '1.1.1.1'", 'request.ip == "1.1.1.1" || true', '!(request.ip == "1.1.1.1")', 'resource.name == "x"', 'request.ip == "\\x41"'])("does not touch %s", (condition) => {
    expect(fromCondition(condition)).toBeUndefined();
  });
});

const rule = (sets: string[], ids?: string[], condition = ""): Rule => ({ ...newRule(), sets, scope: ids ? { kind: "projects", ids } : { kind: "organization" }, condition });
const projects = [
  { id: "id-a", name: "A" },
  { id: "id-b", name: "twice" },
  { id: "id-c", name: "twice" },
];

describe("the JSON document", () => {
  const draft: Draft = { ...emptyDraft, name: "production", principal: { type: "application", id: "id-x", name: "production-c" }, rules: [rule(["S", "T"], ["id-a", "id-b"]), rule(["O"], undefined, "true")] };

  test("is written with names and read again", () => {
    const text = toDocument(draft, projects);
    expect(JSON.parse(text)).toEqual({
      name: "production",
      application: "production-c",
      rules: [
        { projects: ["A", "id-b"], permission_sets: ["S", "T"] },
        { organization: true, permission_sets: ["O"], condition: "true" },
      ],
    });
    const parsed = parseDocument(text, projects);
    expect(isParsed(parsed) && [parsed.principal, parsed.draft.rules.map(ruleContent)]).toEqual([{ type: "application", text: "production-c" }, draft.rules.map(ruleContent)]);
  });

  test("tells which projects it names", () => {
    expect(projectTexts('{"rules":[{"projects":["A"]},{"project_ids":["id-a","x"]},{"projects":"B"},7]}')).toEqual(["A", "id-a", "x"]);
    expect(["{", "[]", "null", '{"rules":{}}'].map(projectTexts)).toEqual([[], [], [], []]);
  });

  test("may have the names of the API", () => {
    const parsed = parseDocument('{"name":"n","user_id":"u","rules":[{"project_ids":["id-a"],"permission_set_names":["S"],"condition":null}]}', projects);
    expect(isParsed(parsed) && [parsed.principal, parsed.draft.rules.map(ruleContent)]).toEqual([{ type: "user", text: "u" }, [ruleContent(rule(["S"], ["id-a"]))]]);
  });

  test.each([
    ["[]", [{ at: "", kind: "object" }]],
    ['{"rules":{}}', [{ at: "rules", kind: "list" }]],
    ['{"nam":"x"}', [{ at: "nam", kind: "member" }]],
    ['{"name":1,"user":"a","group":"b"}', [{ at: "name", kind: "text" }, { at: "", kind: "principals" }]],
    ['{"rules":[{"projects":["twice","none"],"permission_sets":"S"}]}', [{ at: "rules[0].projects[0]", kind: "projects" }, { at: "rules[0].projects[1]", kind: "project" }, { at: "rules[0].permission_sets", kind: "texts" }]],
    ['{"rules":[{"organization":true,"projects":["A"],"permission_sets":[]}]}', [{ at: "rules[0]", kind: "scope" }]],
    ['{"rules":[{"effect":"deny","organization":true}]}', [{ at: "rules[0].effect", kind: "member" }]],
  ])("%s is refused", (text, faults) => {
    expect(parseDocument(text, projects)).toEqual(faults);
  });
});

describe("two people edit one policy", () => {
  const base: Draft = { ...emptyDraft, name: "a", description: "d", rules: [rule(["S"]), rule(["T"])] };

  test("what only one has changed is kept", () => {
    const mine = { ...base, name: "mine", rules: [...base.rules, rule(["Mine"])] };
    const theirs = { ...base, description: "theirs", rules: [rule(["T"]), rule(["Theirs"])] };
    const { draft, clashes } = merge(base, mine, theirs);
    expect([draft.name, draft.description, draft.rules.map((one) => one.sets[0]), clashes]).toEqual(["mine", "theirs", ["T", "Theirs", "Mine"], []]);
  });

  test("what both have changed is mine, and named", () => {
    const { draft, clashes } = merge(base, { ...base, name: "mine" }, { ...base, name: "theirs" });
    expect([draft.name, clashes]).toEqual(["mine", ["name"]]);
  });
});

describe("who gains and loses", () => {
  const set = (name: string, ...permissions: string[]): [string, PermissionSet] => [name, { name, scope_type: "projects", category: "", description: "", permissions }];
  const sets = new Map([set("Read", "r"), set("Full", "r", "w")]);
  const on = (name: string, ids?: string[], condition = ""): Grant => rule([name], ids, condition);
  const change = (place: string, gains: string[], conditions: string[], loses: string[]) => ({ place, gains, conditions, loses });
  test.each<[string, Grant[], Grant[], unknown]>([
    ["nothing", [on("Read")], [on("Read")], []],
    ["a grant that is there already in another way", [on("Full")], [on("Full"), on("Read", ["p"])], []],
    ["more in a project", [on("Read")], [on("Read"), on("Full", ["p"])], [change("p", ["w"], [], [])]],
    ["from everywhere to a project", [on("Full")], [on("Full", ["p"])], [change(everywhere, [], [], ["r", "w"])]],
    ["a condition that was not there", [on("Full", ["p"])], [on("Full", ["p"], "c")], [change("p", [], ["r", "w"], [])]],
    ["a condition beside a grant without", [on("Read", ["p"])], [on("Full", ["p"], "c"), on("Read", ["p"])], [change("p", [], ["w"], [])]],
    ["a condition that goes", [on("Read", ["p"], "c")], [on("Read", ["p"])], [change("p", ["r"], [], [])]],
    ["everywhere is told once", [on("Read", ["p"])], [on("Read", ["p"]), on("Full")], [change(everywhere, ["r", "w"], [], [])]],
    ["a set that nobody knows", [], [on("Gone")], []],
  ])("%s", (_, before, after, want) => {
    expect(impact(before, after, sets)).toEqual(want);
  });
});
