/** Uploads a source as a stored file or its next version: seal, wrap the key for its readers, carry, commit. */
import { LEAF_BYTES, Leaves, commitment, newFileKey, randomBytes, rootOfLeaves, sealCard, sha256, streamRecordSize, type FileKey } from "../crypto_engine.ts";
import { LocalFileFailed, PeersealError, ServerUnreachable, TimedOut } from "../errors.ts";
import type { Source } from "../files/source.ts";
import { cardTitle, encodeCard, type Card } from "../protocol/card.ts";
import { ClosingHead, OpeningHead } from "../protocol/heads.ts";
import { ManifestWriter, cut } from "../protocol/manifest.ts";
import { ChunkStore } from "../transport/store.ts";
import { Tickets } from "../transport/tickets.ts";
import { StreamLayout } from "../wire/chunks.ts";
import { hexEncode, sameBytes, type Bytes } from "../wire/encoding.ts";
import { ID_BYTES, RECORDS_PER_CHUNK, RECORD_SIZE } from "../wire/limits.ts";
import type { Commit, StoreTicket } from "../wire/stored.ts";
import { carryUp, type Carried, type Kept } from "./chunks_up.ts";
import { LeafList, type SealedFile } from "./chunks.ts";
import type { Destination } from "./destination.ts";
import type { Keys } from "./keys.ts";
import { holds, type BegunUpload, type UploadNotes } from "./upload_notes.ts";

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
 * Carries out the wish, or goes on with what `notes` know of it. An upload that fails or is cancelled by the signal is
 * abandoned on the server, unless a later visit can go on with it. `base` is the page's address. Raises what the source,
 * the server or the destination raise, `other_files` if this is not what was begun.
 */
export async function upload(
  keys: Keys, base: string, wish: UploadWish, ears: UploadEars, signal: AbortSignal, notes: UploadNotes | null = null,
): Promise<void> {
  const { source, destination, recordSize = RECORD_SIZE } = wish;
  const { id, version } = destination;
  signal.throwIfAborted();
  const stopping = new AbortController(); // one chunk that fails ends the others
  const stop = (): void => {
    stopping.abort(signal.reason);
  };
  signal.addEventListener("abort", stop);
  const manifest = new ManifestWriter(false, recordSize).entries(source.entries);
  const sizes = {
    manifestBytes: StreamLayout.of(streamRecordSize("manifest", recordSize), manifest.length).sealed,
    contentBytes: StreamLayout.of(recordSize, source.bytes).sealed,
  };
  let name: string | null = null; // its answer may be lost
  try {
    const begun = (await notes?.begun(keys)) ?? null;
    const key = begun?.key ?? newFileKey();
    const file = { id, version, recordSize, key };
    const listed = await leavesOf(file, manifest);
    let opening: OpeningHead;
    let first: StoreTicket | null = null;
    if (begun !== null) {
      ({ opening, name } = begun);
      if (!sameBytes(opening.headPart, await rootOfLeaves(listed.joined()))) throw otherFiles();
    } else {
      const made = await openingOf(keys, wish, key, listed, recordSize);
      opening = made.opening;
      const signed = await opening.sign(keys.identity);
      const fresh = hexEncode(randomBytes(ID_BYTES));
      await notes?.begin(fresh, key, signed, destination, source);
      name = fresh;
      first = await destination.start({ upload: name, version, opening: signed, card: made.card, recordSize, ...sizes, open: false }, key);
    }
    ears.begun();
    const upload = name;
    const tickets = new Tickets(() => keys.api.call("store_ticket", { upload, body: { purpose: "upload" } }), first);
    const store = new ChunkStore(base, tickets, { signal: stopping.signal });
    signal.throwIfAborted();
    const manifestUp = await carryUp(file, "manifest", store, (from) => one(manifest.subarray(from)), manifest.length, undefined, keptList(listed, begun));
    const contentUp = await carryUp(file, "content", store, source.content.bind(source), source.bytes, ears.at, notes?.kept(begun, source));
    signal.throwIfAborted();
    const closing = await closingOf(opening, manifestUp, contentUp);
    await commit(keys, name, { closing: await closing.sign(keys.identity), ...sizes });
    // What the book does not learn now it learns when the file is looked at.
    await destination.remember(closing).catch(() => undefined);
  } catch (error) {
    stopping.abort(error);
    // Whoever chose a wrong file chooses again: what is there stays.
    const reason = notes?.goesOn === true && codeOf(error) === "source_changed" ? otherFiles() : error;
    if (name !== null && notes?.stays(reason) !== true) await keys.api.call("abandon", { upload: name }).catch(() => undefined);
    throw codeOf(reason) === "stale" ? await destination.conflict() : reason;
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

async function leavesOf({ id, version, recordSize, key }: SealedFile, manifest: Bytes): Promise<LeafList> {
  const makes = await Leaves.create(key, "manifest", id, version);
  const leaves = new LeafList();
  for (const piece of cut(manifest, streamRecordSize("manifest", recordSize))) leaves.add(await makes.leaf(piece));
  return leaves;
}

/** The list of files as an earlier visit carried it up: the opening head says that it is the same. */
function keptList(listed: LeafList, begun: BegunUpload | null): Kept | null {
  if (begun === null) return null;
  return {
    doubtful: false,
    leavesOf: (chunk) => (holds(begun.there.manifest, chunk) ? listed.joined(Math.min(listed.count, (chunk + 1) * RECORDS_PER_CHUNK)).slice(chunk * RECORDS_PER_CHUNK * LEAF_BYTES) : null),
    sealed: () => undefined,
  };
}

async function openingOf(
  keys: Keys, { source, title, destination: { id, version, previous } }: UploadWish, key: FileKey, listed: LeafList, recordSize: number,
): Promise<{ readonly opening: OpeningHead; readonly card: Bytes }> {
  const card = await sealCard(key, id, version, encodeCard(cardOf(source, title)));
  const opening = await OpeningHead.of({
    owner: keys.identity.fingerprint, id, version, previous, commitment: await commitment(key, id, version), recordSize,
    card: await sha256(card), headPart: await rootOfLeaves(listed.joined()),
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
      const lost = error instanceof TimedOut || (error instanceof ServerUnreachable && error.retryable) || codeOf(error) === "busy";
      if (pause === undefined || !lost || keys.signal.aborted) throw error;
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
}

function codeOf(error: unknown): string {
  return error instanceof PeersealError ? error.code : "";
}

function otherFiles(): LocalFileFailed {
  return new LocalFileFailed("These are not the files of before.", { code: "other_files", hint: "Choose the same ones, unchanged.", retryable: true });
}

async function* one(bytes: Bytes): AsyncGenerator<Bytes, void, undefined> {
  yield await Promise.resolve(bytes);
}
