/** Slots: numbered places, of which only what is filled without a gap counts. */
import fc from "fast-check";
import { expect, test } from "vitest";
import type { SyncAccess } from "../../src/files/parts.ts";
import { allSlots, behindGap, putLeaves, putMark } from "../../src/transfer/slots.ts";

/** A file of the private disk, in memory. */
function memoryFile(): SyncAccess {
  let bytes = new Uint8Array(0);
  return {
    read: (into, { at }) => {
      const piece = bytes.subarray(at, at + into.length);
      into.set(piece);
      return piece.length;
    },
    write: (piece, { at }) => {
      const longer = new Uint8Array(Math.max(bytes.length, at + piece.length));
      longer.set(bytes);
      longer.set(piece, at);
      bytes = longer;
      return piece.length;
    },
    truncate: (size) => { bytes = bytes.slice(0, size); },
    getSize: () => bytes.length,
    flush: () => undefined,
    close: () => undefined,
  };
}

/** Zeros at both ends: what is empty is a whole slot of them. */
const markOf = (number: number): Uint8Array => new Uint8Array(28).fill(number + 1, 4, 20);

test("what counts begins at the first slot that is filled and ends before the next that is empty", () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { maxLength: 40 }), (filled) => {
      const file = memoryFile();
      filled.forEach((there, index) => {
        if (there) putMark(file, index, markOf(index));
      });
      const first = filled.indexOf(true);
      const end = filled.indexOf(false, first);
      const row = first < 0 ? [] : [...filled.keys()].slice(first, end < 0 ? filled.length : end);
      expect(behindGap(file)).toEqual(row.map((index) => [index, markOf(index)]));
    }),
  );
});

test("a mark that is written again takes the place of the one before, all of it", () => {
  const file = memoryFile();
  putLeaves(file, 0, new Uint8Array(32).fill(9));
  putMark(file, 0, markOf(0));
  expect([...allSlots(file)]).toEqual([...markOf(0), 0, 0, 0, 0]);
});

test("leaves lie back to back from the slot they are put at", () => {
  const file = memoryFile();
  putLeaves(file, 1, new Uint8Array(64).fill(7));
  expect([...allSlots(file)]).toEqual([...new Uint8Array(32), ...new Uint8Array(64).fill(7)]);
});
