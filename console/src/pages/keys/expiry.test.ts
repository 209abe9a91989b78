import { expect, test } from "vitest";
import { expiryOf, lives, livesWithin, standing } from "./expiry";
import { secondsOf } from "../../ui/duration";

const now = Date.UTC(2026, 0, 1);

test("lives within the organization's limit", () => {
  expect(livesWithin(0)).toEqual(Object.keys(lives));
  expect(livesWithin(lives.week)).toEqual(["hour", "day", "week"]);
  expect(livesWithin(60)).toEqual([]);
});

test("durations of the API", () => {
  expect([undefined, "", "0s", "86400s", "1.500s", "x"].map(secondsOf)).toEqual([0, 0, 0, 86400, 1.5, 0]);
});

test("a life as long as the limit ends a minute before it", () => {
  expect(expiryOf("hour", 0, now)).toEqual(new Date(now + 3_600_000));
  expect(expiryOf("hour", 3600, now)).toEqual(new Date(now + 3_540_000));
});

test.each([
  [undefined, "good"],
  [now, "expired"],
  [now + 1, "soon"],
  [now + lives.week * 1000, "good"],
] as const)("standing of a key that ends at %s", (end, want) => {
  expect(standing(end === undefined ? undefined : new Date(end), now)).toBe(want);
});
