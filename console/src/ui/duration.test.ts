import { expect, test } from "vitest";
import { durationOf, inUnits, secondsOf } from "./duration";

test("a duration is shown in the largest unit that is a whole number of it, and is the same when it is written again", () => {
  for (const [duration, amount, unit] of [
    ["259200s", "3", "days"],
    ["129600s", "36", "hours"],
    ["300s", "5", "minutes"],
    ["90s", "90", "seconds"],
    ["1.5s", "1.5", "seconds"],
  ] as const) {
    expect(inUnits(secondsOf(duration))).toEqual({ amount, unit });
    expect(durationOf(amount, unit)).toBe(duration);
  }
  expect(inUnits(secondsOf(undefined))).toEqual({ amount: "0", unit: "days" });
  expect(durationOf("", "days")).toBe("0s");
});
