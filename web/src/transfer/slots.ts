/** Files of slots: numbered places of 32 bytes, each empty (zeros) or filled with a mark (28 bytes) or a leaf (32). Twin of slots.py. */
import { MARK_BYTES } from "../crypto_engine.ts";
import type { SyncAccess } from "../files/parts.ts";
import type { Bytes } from "../wire/encoding.ts";

const SLOT_BYTES = 32;

/** Fills one slot with a mark. */
export function putMark(file: SyncAccess, index: number, mark: Uint8Array): void {
  const slot = new Uint8Array(SLOT_BYTES);
  slot.set(mark.subarray(0, MARK_BYTES));
  file.write(slot, { at: index * SLOT_BYTES });
}

/** Fills slots from the `first` on with leaves that lie back to back. */
export function putLeaves(file: SyncAccess, first: number, leaves: Uint8Array): void {
  file.write(leaves, { at: first * SLOT_BYTES });
}

/** All slots as they lie there. */
export function allSlots(file: SyncAccess): Bytes {
  const all = new Uint8Array(file.getSize());
  file.read(all, { at: 0 });
  return all;
}

/** The marks in a row of slots, from the first that is filled to before the next that is empty. */
export function behindGap(file: SyncAccess): (readonly [index: number, mark: Uint8Array])[] {
  const all = allSlots(file);
  const found: (readonly [number, Uint8Array])[] = [];
  for (let index = 0; (index + 1) * SLOT_BYTES <= all.length; index++) {
    const mark = all.subarray(index * SLOT_BYTES, index * SLOT_BYTES + MARK_BYTES);
    const there = mark.some((byte) => byte !== 0);
    if (there) found.push([index, mark]);
    else if (found.length > 0) break;
  }
  return found;
}
