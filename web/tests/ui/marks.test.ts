/** Figures tell people apart and never change for one id. */
import { expect, it } from "vitest";
import { markOf, TONES } from "../../src/ui/marks.ts";

const ids = Array.from({ length: 2000 }, (_, at) => at.toString(16).padStart(32, "0"));
const drawn = (id: string): string => JSON.stringify(markOf(id));

it("the same id is always the same figure", () => {
  expect(drawn(ids[7] ?? "")).toBe(drawn(ids[7] ?? ""));
});

it("ids that differ in one digit rarely look the same", () => {
  const same = ids.slice(1).filter((id, at) => drawn(id) === drawn(ids[at] ?? ""));
  expect(same.length).toBeLessThan(10);
});

it("all figures are used, none much too often", () => {
  const counts = new Map<string, number>();
  for (const id of ids) counts.set(drawn(id), (counts.get(drawn(id)) ?? 0) + 1);
  expect(counts.size).toBeGreaterThan(900);
  expect(Math.max(...counts.values())).toBeLessThan(12);
});

it("tones stay within the palette and every part is drawn", () => {
  for (const id of ids) {
    const mark = markOf(id);
    expect(mark.tone).toBeGreaterThanOrEqual(0);
    expect(mark.tone).toBeLessThan(TONES);
    expect(mark.ground).toMatch(/^M.+Z$/iu);
    expect(mark.figure).toMatch(/^M.+Z$/iu);
  }
});
