/** What an offer says of a source: how many, how much, and the first of its entries. */
import { commitment, type FileKey } from "../crypto_engine.ts";
import type { Source } from "../files/source.ts";
import { previewOf, type Offer } from "../protocol/control.ts";
import type { Bytes } from "../wire/encoding.ts";
import { RECORD_SIZE } from "../wire/limits.ts";

/** Live transfers are always a first version. */
export const VERSION = 1;

/** `shared`: others get the same sealed file (protocol.md §17). */
export async function offerOf({ entries, bytes }: Source, id: Bytes, key: FileKey, shared: boolean): Promise<Offer> {
  return {
    type: "offer",
    id,
    version: VERSION,
    recordSize: RECORD_SIZE,
    commitment: await commitment(key, id, VERSION),
    files: entries.filter(({ kind }) => kind !== "directory").length,
    bytes,
    open: false,
    text: entries[0]?.kind === "text",
    shared,
    preview: previewOf(entries.map(({ path, size, kind }) => ({ path, size, kind }))),
  };
}
