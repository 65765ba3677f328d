/** What was seen over time: columns that add up, and a table that says the same. */
import { expect, test } from "vitest";
import { drawing } from "../../src/operator/plot.ts";
import type { Plot } from "../../src/wire/guard.ts";

test("a plot adds up: each column is as high as its numbers say, the table says the same", () => {
  const plot: Plot = { start: 0, step: 60_000, series: [{ point: "login_failed", counts: [0, 3, 1] }, { point: "honeypot", counts: [0, 1, 0] }] };
  const drawn = drawing(plot, 300, 100);
  expect(drawn.total).toBe(5);
  expect(drawn.kinds.map(({ label, total }) => [label, total])).toEqual([["wrong passwords", 4], ["traps", 1]]);
  const second = drawn.blocks.filter(({ x }) => x >= 100 && x < 200);
  expect(second.map(({ height }) => height)).toEqual([75, 25]);
  expect(Math.min(...second.map(({ y }) => y))).toBe(0);
  expect(drawn.rows.map(({ counts, total }) => [...counts, total])).toEqual([[1, 0, 1], [3, 1, 4]]);
});

test("a kind keeps its tone and its place whatever else is seen, and no two share one", () => {
  const tones = (series: Plot["series"]): Map<string, number> => new Map(drawing({ start: 0, step: 1, series }, 100, 100).kinds.map(({ point, tone }) => [point, tone]));
  const before = tones([{ point: "code_wrong", counts: [9] }, { point: "honeypot", counts: [2] }]);
  const after = tones([{ point: "honeypot", counts: [20] }, { point: "login_failed", counts: [50] }, { point: "code_wrong", counts: [9] }]);
  for (const [point, tone] of before) expect(after.get(point)).toBe(tone);
  expect([...after.keys()]).toEqual(["login_failed", "code_wrong", "honeypot"]);
  expect(new Set(after.values()).size).toBe(3);
});

test("rare kinds are drawn as one, and an empty plot draws nothing", () => {
  const series = Array.from({ length: 12 }, (_, at) => ({ point: `p${at}`, counts: [12 - at] }));
  const drawn = drawing({ start: 0, step: 1, series }, 100, 100);
  expect(drawn.kinds).toHaveLength(8);
  expect(drawn.kinds.at(-1)).toMatchObject({ label: "others", total: 5 + 4 + 3 + 2 + 1 });
  expect(drawn.blocks.reduce((total, { count }) => total + count, 0)).toBe(78);
  expect(drawing({ start: 0, step: 60_000, series: [] }, 100, 100)).toMatchObject({ blocks: [], rows: [], total: 0 });
});
