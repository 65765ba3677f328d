/** Uploads a source as a stored file or its next version: seal, wrap the key for its readers, carry, commit. */
import { Leaves, commitment, newFileKey, randomBytes, rootOfLeaves, sealCard, sha256, streamRecordSize, type FileKey } from "../crypto_engine.ts";
import { PeersealError, ServerUnreachable, TimedOut } from "../errors.ts";
import type { Source } from "../files/source.ts";
import { cardTitle, encodeCard, type Card } from "../protocol/card.ts";
import { ClosingHead, OpeningHead } from "../protocol/heads.ts";
import { ManifestWriter, cut } from "../protocol/manifest.ts";
import { ChunkStore, Tickets } from "../transport/store.ts";
import { StreamLayout } from "../wire/chunks.ts";
import { hexEncode, type Bytes } from "../wire/encoding.ts";
import { ID_BYTES, RECORD_SIZE } from "../wire/limits.ts";
import type { Commit } from "../wire/stored.ts";
import { carryUp, type Carried } from "./chunks_up.ts";
import { LeafList } from "./chunks.ts";
import type { Destination } from "./destination.ts";
import type { Keys } from "./keys.ts";

const COMMIT_PAUSES = [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000];

export interface UploadWish {
  readonly source: Source;
  readonly title: string; // for the card: what lists show
  readonly destination: Destination;
  readonly recordSize?: number;
}

/** Who hears of it. */
export interface UploadEars {
  /** The server has it as arriving. */
  begun(): void;
  /** So many bytes are stored. */
  at(stored: number): void;
}

/**
 * Carries out the wish; an upload that fails or is cancelled by the signal is abandoned on the server. `base` is the
 * page's address. Raises what the source, the server or the destination raise.
 */
export async function upload(keys: Keys, base: string, wish: UploadWish, ears: UploadEars, signal: AbortSignal): Promise<void> {
  const { source, destination, recordSize = RECORD_SIZE } = wish;
  const { id, version } = destination;
  signal.throwIfAborted();
  const key = newFileKey();
  const file = { id, version, recordSize, key };
  const manifest = new ManifestWriter(false, recordSize).entries(source.entries);
  const { opening, card } = await openingOf(keys, wish, key, manifest, recordSize);
  const name = hexEncode(randomBytes(ID_BYTES));
  const sizes = {
    manifestBytes: StreamLayout.of(streamRecordSize("manifest", recordSize), manifest.length).sealed,
    contentBytes: StreamLayout.of(recordSize, source.bytes).sealed,
  };
  const stopping = new AbortController(); // one chunk that fails ends the others
  const stop = (): void => {
    stopping.abort(signal.reason);
  };
  signal.addEventListener("abort", stop);
  let begun = false;
  try {
    const next = { upload: name, version, opening: await opening.sign(keys.identity), card, recordSize, ...sizes, open: false };
    begun = true; // its answer may be lost
    const ticket = await destination.start(next, key);
    ears.begun();
    const tickets = new Tickets(() => keys.api.call("store_ticket", { upload: name, body: { purpose: "upload" } }), ticket);
    const store = new ChunkStore(base, tickets, { signal: stopping.signal });
    signal.throwIfAborted();
    const manifestUp = await carryUp(file, "manifest", store, one(manifest), manifest.length);
    const contentUp = await carryUp(file, "content", store, source.content(), source.bytes, ears.at);
    signal.throwIfAborted();
    const closing = await closingOf(opening, manifestUp, contentUp);
    await commit(keys, name, { closing: await closing.sign(keys.identity), ...sizes });
    // What the book does not learn now it learns when the file is looked at.
    await destination.remember(closing).catch(() => undefined);
  } catch (error) {
    stopping.abort(error);
    if (begun) await keys.api.call("abandon", { upload: name }).catch(() => undefined);
    throw isStale(error) ? await destination.conflict() : error;
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

async function openingOf(
  keys: Keys, { source, title, destination: { id, version, previous } }: UploadWish, key: FileKey, manifest: Bytes, recordSize: number,
): Promise<{ readonly opening: OpeningHead; readonly card: Bytes }> {
  const card = await sealCard(key, id, version, encodeCard(cardOf(source, title)));
  const makes = await Leaves.create(key, "manifest", id, version);
  const leaves = new LeafList();
  for (const piece of cut(manifest, streamRecordSize("manifest", recordSize))) leaves.add(await makes.leaf(piece));
  const opening = await OpeningHead.of({
    owner: keys.identity.fingerprint, id, version, previous, commitment: await commitment(key, id, version), recordSize,
    card: await sha256(card), headPart: await rootOfLeaves(leaves.joined()),
  });
  return { opening, card };
}

function cardOf({ entries, bytes }: Source, title: string): Card {
  const files = entries.filter(({ kind }) => kind !== "directory");
  return { title: cardTitle(title), files: files.length, bytes, text: files.some(({ kind }) => kind === "text") };
}

async function closingOf(opening: OpeningHead, manifest: Carried, content: Carried): Promise<ClosingHead> {
  return ClosingHead.of({
    opening: opening.hash, manifestRecords: manifest.records, contentRecords: content.records,
    manifest: await rootOfLeaves(manifest.leaves), root: await rootOfLeaves(content.leaves),
  });
}

/** The same commit again is the same answer, so a lost one is asked for again. */
async function commit(keys: Keys, upload: string, body: Commit): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      await keys.api.call("commit", { upload, body });
      return;
    } catch (error) {
      const pause = COMMIT_PAUSES[tries];
      const lost = error instanceof TimedOut || (error instanceof ServerUnreachable && error.retryable) || isBusy(error);
      if (pause === undefined || !lost || keys.signal.aborted) throw error;
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
}

function isStale(error: unknown): boolean {
  return error instanceof PeersealError && error.code === "stale";
}

function isBusy(error: unknown): boolean {
  return error instanceof PeersealError && error.code === "busy";
}

async function* one(bytes: Bytes): AsyncGenerator<Bytes, void, undefined> {
  yield await Promise.resolve(bytes);
}
