/** Whether something can be kept here, asked before it is fetched. */
import type { PeersealError } from "../errors.ts";
import type { SaveInto } from "../transfer/bridge.ts";
import { MIB } from "../wire/limits.ts";
import { diskFull, tooLarge, type StoreKind } from "./stores.ts";

/** A text is shown, so it is read into memory. */
const TEXT_LIMIT = 16 * MIB;
/** Room to leave on the disk. */
const SPARE_DISK = 16 * MIB;

/** What is to come: its bytes if they are known, and whether it is one text. */
export interface Expected {
  readonly bytes: number | null;
  readonly text: boolean;
}

/** Why this cannot be kept here, or null. */
export async function refusalOf({ bytes, text }: Expected, into: SaveInto | null, stores: StoreKind): Promise<PeersealError | null> {
  if (text) return bytes !== null && bytes <= TEXT_LIMIT ? null : tooLarge();
  if (into !== null || bytes === null) return null;
  if (stores.limit !== null) return bytes > stores.limit ? tooLarge() : null;
  return (await stores.fits(bytes + SPARE_DISK)) ? null : diskFull();
}
