/**
 * Downloads one version of a stored file: verify its heads, carry its chunks, verify the end, then hand it over.
 *
 * Works while the file is still being uploaded: it waits, and nothing is handed over before the closing head holds.
 */
import { rootOfLeaves } from "../crypto_engine.ts";
import { PeersealError } from "../errors.ts";
import { refusalOf } from "../files/room.ts";
import type { Delivery } from "../files/shelf.ts";
import { Sink, chooseShelf } from "../files/sink.ts";
import type { StoreKind } from "../files/stores.ts";
import type { ClosingHead } from "../protocol/heads.ts";
import type { ManifestReader } from "../protocol/manifest.ts";
import { ChunkStore } from "../transport/store.ts";
import type { Tickets } from "../transport/tickets.ts";
import type { Bytes } from "../wire/encoding.ts";
import { accusing } from "./accusing.ts";
import type { SaveInto } from "./bridge.ts";
import { ARRIVING_MILLISECONDS, ManifestDown, carryDown, standsStill, type Content } from "./chunks_down.ts";
import type { DownloadNotes } from "./download_notes.ts";
import type { FileRow } from "./state.ts";
import { checkCardOf, type Sealed } from "./trust.ts";
import { unlessStopped } from "./waiting.ts";

const LOOK_MILLISECONDS = 1_000;

/** Where a version comes from. `again` looks whether it is complete by now: its closing head, null if not yet. */
export interface Origin {
  readonly base: string;
  readonly tickets: Tickets;
  again(): Promise<ClosingHead | null>;
}

/** Where it goes: the place the person picked, or the browser's downloads by way of `stores`. */
export interface Target {
  readonly into: SaveInto | null;
  readonly stores: StoreKind;
  /** What a later visit can go on with; none where it begins anew. */
  readonly notes?: DownloadNotes | null;
}

/** Who hears of it. */
export interface DownloadEars {
  /** What is in it is known. */
  listed(rows: readonly FileRow[], bytes: number | null): void;
  /** So many bytes are here. */
  at(kept: number): void;
  /** Everything is here and verified; it is handed over now. */
  saving(): void;
}

export interface Downloaded {
  readonly delivery: Delivery;
  /** The closing head that was verified. */
  readonly closing: ClosingHead;
}

/** Carries it here; what fails or is cancelled by the signal leaves nothing. */
export async function download(sealed: Sealed, origin: Origin, target: Target, ears: DownloadEars, signal: AbortSignal): Promise<Downloaded> {
  const stopping = new AbortController(); // one chunk that fails ends the others
  const stop = (): void => {
    stopping.abort(signal.reason);
  };
  signal.addEventListener("abort", stop);
  const going = new Downloading(sealed, origin, target, ears, stopping.signal);
  try {
    signal.throwIfAborted();
    return await going.run();
  } catch (error) {
    stopping.abort(error);
    await going.abort(error);
    throw error;
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

class Downloading {
  private readonly sealed: Sealed;
  private readonly origin: Origin;
  private readonly target: Target;
  private readonly ears: DownloadEars;
  private readonly signal: AbortSignal;
  private readonly store: ChunkStore;
  private sink: Sink | null = null;

  constructor(sealed: Sealed, origin: Origin, target: Target, ears: DownloadEars, signal: AbortSignal) {
    this.sealed = sealed;
    this.origin = origin;
    this.target = target;
    this.ears = ears;
    this.signal = signal;
    this.store = new ChunkStore(origin.base, origin.tickets, { signal });
  }

  async run(): Promise<Downloaded> {
    const { sealed, signal } = this;
    const manifest = await ManifestDown.open(sealed, this.store);
    await manifest.head();
    const { reader } = manifest;
    if (!reader.open) await checkCardOf(this.sealed, reader.entries);
    const sink = await this.openSink(reader);
    const content = await unlessStopped(this.carry(manifest, sink), signal);
    const closing = await this.closing();
    await accusing(sealed.owner.name, async () => {
      closing.checkContent({
        manifestRecords: manifest.leaves.count, contentRecords: content.leaves.count,
        manifest: await rootOfLeaves(manifest.leaves.joined()), root: await rootOfLeaves(content.leaves.joined()),
      });
    });
    signal.throwIfAborted();
    this.ears.saving();
    return { delivery: await sink.finish(), closing };
  }

  async abort(why: unknown): Promise<void> {
    this.target.notes?.broke(why);
    await this.sink?.abort().catch(() => undefined);
  }

  private async openSink({ entries, open }: ManifestReader): Promise<Sink> {
    const { into, stores, notes } = this.target;
    const { text, bytes } = this.sealed.card;
    const expected = open ? bytes : entries.reduce((sum, { size }) => sum + (size ?? 0), 0);
    const refusal = await refusalOf({ bytes: expected, text }, into, stores);
    if (refusal !== null) throw refusal;
    this.ears.listed(entries.map(({ path, size, kind }) => ({ path, size, kind, done: 0 })), expected);
    // One thing whose size comes later (a pipe) is still one file.
    const kept = await notes?.begin(entries, open ? null : expected);
    const shelf = await chooseShelf(entries, open && entries.length !== 1, into, kept ?? stores);
    this.sink = new Sink(shelf);
    for (const entry of entries) this.sink.expect(entry);
    return this.sink;
  }

  private async carry(manifest: ManifestDown, sink: Sink): Promise<Content> {
    const { sealed, ears } = this;
    const { reader } = manifest;
    // What the server says about sizes is a hint until the closing head; an open upload still grows.
    const known = sealed.closing !== null || !reader.open;
    if (known) await accusing(sealed.owner.name, () => { sealed.content.check(); });
    const { notes } = this.target;
    let kept = 0;
    const place = async (plaintext: Bytes): Promise<void> => {
      reader.place(plaintext.length);
      await sink.write(plaintext);
      kept += plaintext.length;
      ears.at(kept);
    };
    const before = known ? await notes?.replay(place) : undefined;
    const content = await carryDown(sealed, this.store, known ? sealed.content : null, place, before, (leaves, size) => { notes?.keep(leaves, size); });
    await manifest.rest();
    sink.sizesKnown(reader.entries);
    await accusing(sealed.owner.name, () => { reader.check(content.size); });
    await checkCardOf(this.sealed, reader.entries);
    await sink.complete();
    return content;
  }

  /** The closing head: known from the start, or given once the upload was committed. */
  private async closing(): Promise<ClosingHead> {
    if (this.sealed.closing !== null) return this.sealed.closing;
    for (const since = performance.now(); performance.now() - since < ARRIVING_MILLISECONDS; ) {
      const closing = await this.look();
      if (closing !== null) return closing;
      await unlessStopped(new Promise((resolve) => setTimeout(resolve, LOOK_MILLISECONDS)), this.signal);
    }
    throw standsStill();
  }

  private async look(): Promise<ClosingHead | null> {
    try {
      return await this.origin.again();
    } catch (error) {
      if (error instanceof PeersealError && error.retryable) return null; // the line is down: looked again soon
      throw error;
    }
  }
}
