import { expect, test } from "vitest";
import { queryFaults } from "./rules";

test.each([
  [undefined, []],
  ["value is too long", []],
  ["1:3: no such field", [{ line: 1, column: 3, message: "no such field" }]],
  [
    "1:3: got 'a; b: c'; 12:40: want a bool",
    [
      { line: 1, column: 3, message: "got 'a; b: c'" },
      { line: 12, column: 40, message: "want a bool" },
    ],
  ],
])("the places of faults in %j", (said, want) => {
  expect(queryFaults(said)).toEqual(want);
});
