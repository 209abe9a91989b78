import { expect, test } from "vitest";
import { maxTags, tagFault } from "./tags";

test.each([
  ["env=prod", [], undefined],
  ["a b/c@d+e-f_g.h", [], undefined],
  ["x".repeat(70), [], undefined],
  ["x".repeat(71), [], "long"],
  ["a:b", [], "form"],
  ["été", [], "form"],
  ["<b>", [], "form"],
  ["a", ["a"], "twice"],
  ["z", Array.from({ length: maxTags }, (_, i) => `t${i}`), "many"],
] as const)("%s", (tag, tags, want) => {
  expect(tagFault(tag, tags)).toBe(want);
});
