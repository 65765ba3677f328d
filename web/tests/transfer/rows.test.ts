/** File rows: one byte count of the whole transfer says how far each file is. */
import { expect, test } from "vitest";
import { Rows } from "../../src/transfer/rows.ts";
import type { FileRow } from "../../src/transfer/state.ts";

const row = (path: string, size: number | null): FileRow => ({ path, size, kind: "file", done: 0 });
const done = (rows: readonly FileRow[]): number[] => rows.map((one) => one.done);

test("fills the files one after the other", () => {
  const rows = new Rows([row("a", 10), row("empty", 0), row("b", 5)]);
  expect(done(rows.at(4))).toEqual([4, 0, 0]);
  expect(done(rows.at(10))).toEqual([10, 0, 0]);
  expect(done(rows.at(12))).toEqual([10, 0, 2]);
  expect(done(rows.at(15))).toEqual([10, 0, 5]);
});

test("may leap over many files at once", () => {
  const rows = new Rows(Array.from({ length: 300 }, (_, at) => row(String(at), 100)));
  const after = done(rows.at(29_950));
  expect(after.slice(0, 299).every((bytes) => bytes === 100)).toBe(true);
  expect(after[299]).toBe(50);
});

test("gives the same array while nothing changed, so that nothing is drawn", () => {
  const rows = new Rows([row("a", 10)]);
  expect(rows.at(3)).toBe(rows.at(3));
});

test("a file of unknown size takes what comes", () => {
  expect(done(new Rows([row("-", null)]).at(7))).toEqual([7]);
});

test("no rows at all are no trouble", () => {
  expect(new Rows([]).at(5)).toEqual([]);
});
