/** What arrived of one transfer: records opened in order, listed, put on a shelf, and remembered by their marks. */
import { Leaves, MARK_BYTES, Marks, RecordOpener, SPARE_BYTES, type FileKey } from "../crypto_engine.ts";
import { IntegrityFailed, Interrupted } from "../errors.ts";
import { chooseShelf, Sink } from "../files/sink.ts";
import type { Delivery } from "../files/shelf.ts";
import type { StoreKind } from "../files/stores.ts";
import type { Offer } from "../protocol/control.ts";
import { ManifestReader } from "../protocol/manifest.ts";
import { PathEnded, type ReceiveEnd } from "../transport/transport.ts";
import { malformed, type Bytes } from "../wire/encoding.ts";
import { FrameReader, type StreamName } from "../wire/frames.ts";
import { FRAME_HEADER_BYTES, RECORD_OVERHEAD } from "../wire/limits.ts";
import { LeafList } from "./chunks.ts";
import type { SaveInto } from "./bridge.ts";
import type { ReceiveNotes } from "./notes.ts";
import type { FileRow } from "./state.ts";

/** Who hears of it. */
export interface KeepingEars {
  /** What is in it is known. */
  listed(rows: readonly FileRow[]): void;
  /** Something authentic came. */
  heard(): void;
  /** So many content bytes are kept. */
  kept(bytes: number): Promise<void>;
}

export class Keeping {
  readonly key: FileKey;
  readonly marks = new Marks();
  readonly kept = { manifest: 0, content: 0, bytes: 0 };
  private readonly offer: Offer;
  private readonly into: SaveInto | null;
  private readonly stores: StoreKind;
  private readonly notes: ReceiveNotes | null;
  private readonly manifest: ManifestReader;
  /** Of a transfer that others get too: leaves of all that is kept. */
  readonly leaves: Readonly<Record<StreamName, LeafList>> | null;
  private readonly leafOf: Readonly<Record<StreamName, Leaves>> | null;
  private readonly ended: Record<StreamName, boolean> = { manifest: false, content: false };
  private sink: Sink | null = null;
  private told = 0; // entries the sink knows

  private constructor(
    offer: Offer, key: FileKey, into: SaveInto | null, stores: StoreKind, notes: ReceiveNotes | null, leafOf: Readonly<Record<StreamName, Leaves>> | null,
  ) {
    this.leafOf = leafOf;
    this.leaves = leafOf === null ? null : { manifest: new LeafList(), content: new LeafList() };
    this.offer = offer;
    this.key = key;
    this.into = into;
    this.stores = stores;
    this.notes = notes;
    this.manifest = new ManifestReader(offer.recordSize, offer);
  }

  static async begin(offer: Offer, key: FileKey, into: SaveInto | null, stores: StoreKind, notes: ReceiveNotes | null): Promise<Keeping> {
    const { id, version, shared } = offer;
    const of = (stream: StreamName): Promise<Leaves> => Leaves.create(key, stream, id, version);
    const leafOf = shared ? { manifest: await of("manifest"), content: await of("content") } : null;
    return new Keeping(offer, key, into, stores, notes, leafOf);
  }

  /** Both final records are here. */
  get whole(): boolean {
    return this.ended.manifest && this.ended.content;
  }

  /** Takes the frames of one path, from the first record of each stream that is missing. True when both streams are whole, false if the path ended before. */
  async take(end: ReceiveEnd, ears: KeepingEars): Promise<boolean> {
    const { recordSize } = this.offer;
    const openers = { manifest: await this.opener("manifest"), content: await this.opener("content") };
    const over = (["manifest", "content"] as const).filter((stream) => this.ended[stream]);
    const frames = new FrameReader(recordSize, this.kept.manifest, this.kept.content, over);
    if (this.manifest.headComplete) frames.allowContent();
    const header = new Uint8Array(FRAME_HEADER_BYTES);
    const buffer = new Uint8Array(recordSize + RECORD_OVERHEAD + SPARE_BYTES);
    const mark = new Uint8Array(MARK_BYTES);
    while (!frames.ended) {
      try {
        await end.receiveInto(header);
      } catch (error) {
        if (error instanceof PathEnded) return false; // between two frames: another path follows
        throw error;
      }
      const { stream, length, final, index } = frames.accept(header);
      await end.receiveInto(buffer.subarray(0, length));
      mark.set(buffer.subarray(0, MARK_BYTES));
      const plaintext = await openers[stream].open(index, final, buffer, length);
      ears.heard();
      await this.keep(stream, index, plaintext, final, mark, ears);
      if (this.manifest.headComplete) frames.allowContent();
    }
    if (end.hasMore()) throw malformed("bytes after the end");
    await this.complete();
    return true;
  }

  /** One opened record more, also one that an earlier visit kept. */
  async keep(stream: StreamName, index: number, plaintext: Bytes, final: boolean, mark: Uint8Array, ears: KeepingEars): Promise<void> {
    if (this.leafOf !== null) this.leaves?.[stream].add(await this.leafOf[stream].leaf(plaintext));
    if (stream === "manifest") await this.list(index, plaintext, final, ears);
    else {
      this.manifest.place(plaintext.length);
      if (this.sink === null) throw malformed("content before its list of files");
      await this.sink.write(plaintext);
      this.kept.bytes += plaintext.length;
    }
    this.marks.put(stream, index, mark);
    this.notes?.recordKept(stream, index, mark, plaintext);
    this.kept[stream]++;
    this.ended[stream] = final;
    if (stream === "content") await ears.kept(this.kept.bytes);
  }

  /** Everything came: it is what was offered. */
  async complete(): Promise<void> {
    this.manifest.checkOffer(this.offer);
    this.manifest.check(this.kept.bytes);
    await this.sink?.complete();
  }

  async finish(): Promise<Delivery> {
    if (this.sink === null) throw new IntegrityFailed("nothing came", { code: "truncated" });
    return this.sink.finish();
  }

  /** Gives it up; what a later visit can go on with stays. */
  async abort(why: unknown): Promise<void> {
    if (why instanceof Interrupted) this.notes?.stays();
    await this.sink?.abort();
  }

  private opener(stream: StreamName): Promise<RecordOpener> {
    const { id, version, recordSize } = this.offer;
    return RecordOpener.create(this.key, stream, id, version, recordSize, this.kept[stream]);
  }

  private async list(index: number, plaintext: Bytes, final: boolean, ears: KeepingEars): Promise<void> {
    const { manifest, offer } = this;
    manifest.feed(index, plaintext, final);
    if (!manifest.headComplete) return;
    const { entries } = manifest;
    if (this.sink === null) {
      manifest.checkOffer(offer);
      // One thing whose size comes later (a pipe) is still one file.
      const growing = manifest.open && entries.length !== 1;
      this.sink = new Sink(await chooseShelf(entries, growing, this.into, this.notes?.stores ?? this.stores));
      ears.listed(entries.map(({ path, size, kind }) => ({ path, size, kind, done: 0 })));
    }
    for (const entry of entries.slice(this.told)) this.sink.expect(entry);
    if (this.told > 0) this.sink.sizesKnown(entries);
    this.told = entries.length;
  }
}
