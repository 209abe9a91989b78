import { expect, test } from "vitest";
import { csvLine } from "./csv";
import { layout } from "./layout";

test.each([
  [["a", "b"], "a,b"],
  [['say "x"', "a,b", "l1\nl2"], '"say ""x""","a,b","l1\nl2"'],
  [["=1+1", "@x", "-1", "+1"], "'=1+1,'@x,'-1,'+1"],
])("%j", (cells, want) => {
  expect(csvLine(cells)).toBe(want);
});

test("a graph of a hundred nodes lies in columns without overlaps", () => {
  const nodes = Array.from({ length: 100 }, (_, i) => ({ id: `n${i}`, layer: i % 4, label: `n${i}` }));
  const edges = nodes.slice(4).map((node, i) => ({ from: `n${i}`, to: node.id }));
  const { places, height } = layout(nodes, edges);
  expect(places.size).toBe(100);
  const spots = [...places.values()].map(({ x, y }) => `${x} ${y}`);
  expect(new Set(spots).size).toBe(100);
  expect(Math.max(...[...places.values()].map(({ y }) => y))).toBeLessThan(height);
});
