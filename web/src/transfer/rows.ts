/** File rows of one transfer: content goes back to back, so one byte count says how far each file is. */
import type { FileRow } from "./state.ts";

/** Rows whose `done` follows the transfer's total; a call touches only the rows between two totals. */
export class Rows {
  private readonly starts: number[] = [];
  private rows: readonly FileRow[];
  private done = 0;

  constructor(rows: readonly FileRow[]) {
    let start = 0;
    for (const row of rows) {
      this.starts.push(start);
      start += row.size ?? 0;
    }
    this.rows = rows.map((row) => ({ ...row, done: 0 }));
  }

  /** The rows when `done` bytes of the whole transfer are through; the same array when nothing changed. */
  at(done: number): readonly FileRow[] {
    if (done === this.done) return this.rows;
    const from = this.rowOf(Math.min(done, this.done));
    const to = this.rowOf(Math.max(done, this.done));
    const rows = this.rows.slice();
    for (let index = from; index <= to && index < rows.length; index++) {
      const row = rows[index]!;
      const inside = Math.max(0, done - this.starts[index]!);
      rows[index] = { ...row, done: row.size === null ? inside : Math.min(inside, row.size) };
    }
    this.rows = rows;
    this.done = done;
    return rows;
  }

  /** The last row that begins at or before this byte. */
  private rowOf(byte: number): number {
    let low = 0;
    let high = this.starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.starts[middle]! <= byte) low = middle;
      else high = middle - 1;
    }
    return Math.max(0, low);
  }
}
