/** Receives one file set: answer, key, path, records opened in order and kept, until all of it verified. */
import { RecordOpener, SPARE_BYTES, type FileKey } from "../crypto_engine.ts";
import type { PeersealError } from "../errors.ts";
import { refusalOf } from "../files/room.ts";
import { chooseShelf, Sink } from "../files/sink.ts";
import type { Delivery } from "../files/shelf.ts";
import type { StoreKind } from "../files/stores.ts";
import type { Offer } from "../protocol/control.ts";
import { ManifestReader } from "../protocol/manifest.ts";
import type { Session } from "../protocol/session.ts";
import type { ReceiveEnd } from "../transport/transport.ts";
import { hexEncode, malformed, type Bytes } from "../wire/encoding.ts";
import { FrameReader, type StreamName } from "../wire/frames.ts";
import { FRAME_HEADER_BYTES, MIB, RECORD_OVERHEAD } from "../wire/limits.ts";
import type { SaveInto } from "./bridge.ts";
import type { Line } from "./ledger.ts";
import { Awaited, betterReason, unlessStopped } from "./waiting.ts";

export interface Arrival {
  step(step: (session: Session) => Promise<void>): Promise<void>;
  openReceive(stream: Bytes, signal: AbortSignal): Promise<ReceiveEnd>;
  /** Something authentic arrived: the peer is alive. */
  heard(): void;
}

/** An ack at the latest after so much content or so long (protocol.md §5.2). */
const ACK_BYTES = 4 * MIB;
const ACK_MILLISECONDS = 100;

export class Incoming {
  readonly line: Line;
  readonly offer: Offer;
  private readonly arrival: Arrival;
  private readonly stores: StoreKind;
  private readonly keyCame = new Awaited<FileKey>();
  private readonly pathCame = new Awaited<Bytes>();
  private readonly stopping = new AbortController();
  private into: SaveInto | null = null;
  private sink: Sink | null = null;
  private told = 0; // entries the sink knows
  private kept = { manifest: 0, content: 0, bytes: 0 };
  private acked = { content: 0, manifest: 0, bytes: 0, at: 0 };

  constructor(line: Line, offer: Offer, arrival: Arrival, stores: StoreKind) {
    this.line = line;
    this.offer = offer;
    this.arrival = arrival;
    this.stores = stores;
  }

  get name(): string {
    return hexEncode(this.offer.id);
  }

  keyArrived(key: FileKey): void {
    this.keyCame.resolve(key);
  }

  pathArrived(stream: Bytes): void {
    this.pathCame.resolve(stream);
  }

  /** Ends it where it stands; `run` raises this and nothing is kept. */
  stop(error: PeersealError): void {
    this.stopping.abort(error);
  }

  /** Why this cannot be kept here, or null. Asked before the person accepts, and again when they do. */
  async refusal(into: SaveInto | null): Promise<PeersealError | null> {
    return refusalOf(this.offer, into, this.stores);
  }

  /** Accepts and takes everything; returns what to hand over. The session is told `done` by the caller. */
  async run(into: SaveInto | null): Promise<Delivery> {
    const { signal } = this.stopping;
    this.into = into;
    let end: ReceiveEnd | null = null;
    const ticking = setInterval(() => void this.acknowledge(1), ACK_MILLISECONDS);
    try {
      await this.arrival.step((session) => session.answer(this.offer.id, true));
      const key = await unlessStopped(this.keyCame.promise, signal);
      const stream = await unlessStopped(this.pathCame.promise, signal);
      end = await this.arrival.openReceive(stream, signal);
      this.line.moving(end.kind);
      await unlessStopped(this.take(end, key), signal);
      await this.acknowledge(1);
      this.line.set({ phase: "saving" });
      return await this.sink!.finish();
    } catch (error) {
      end?.abort();
      await this.sink?.abort().catch(() => undefined);
      throw await betterReason(error, signal);
    } finally {
      clearInterval(ticking);
      end?.abort();
    }
  }

  private async take(end: ReceiveEnd, key: FileKey): Promise<void> {
    const { id, version, recordSize } = this.offer;
    const openers: Readonly<Record<StreamName, RecordOpener>> = {
      manifest: await RecordOpener.create(key, "manifest", id, version, recordSize),
      content: await RecordOpener.create(key, "content", id, version, recordSize),
    };
    const frames = new FrameReader(recordSize);
    const manifest = new ManifestReader(recordSize, this.offer);
    const header = new Uint8Array(FRAME_HEADER_BYTES);
    const buffer = new Uint8Array(recordSize + RECORD_OVERHEAD + SPARE_BYTES);
    while (!frames.ended) {
      await end.receiveInto(header);
      const { stream, length, final, index } = frames.accept(header);
      await end.receiveInto(buffer.subarray(0, length));
      const plaintext = await openers[stream].open(index, final, buffer, length);
      this.arrival.heard();
      if (stream === "manifest") await this.list(manifest, index, plaintext, final);
      else {
        manifest.place(plaintext.length);
        await this.keep(plaintext);
      }
      if (manifest.headComplete) frames.allowContent();
    }
    if (end.hasMore()) throw malformed("bytes after the end");
    manifest.checkOffer(this.offer);
    manifest.check(this.kept.bytes);
    await this.sink?.complete();
  }

  private async list(manifest: ManifestReader, index: number, plaintext: Bytes, final: boolean): Promise<void> {
    manifest.feed(index, plaintext, final);
    this.kept.manifest++;
    if (!manifest.headComplete) return;
    const { entries } = manifest;
    if (this.sink === null) {
      manifest.checkOffer(this.offer);
      // One thing whose size comes later (a pipe) is still one file.
      const growing = manifest.open && entries.length !== 1;
      this.sink = new Sink(await chooseShelf(entries, growing, this.into, this.stores));
      this.line.files(entries.map(({ path, size, kind }) => ({ path, size, kind, done: 0 })));
    }
    for (const entry of entries.slice(this.told)) this.sink.expect(entry);
    if (this.told > 0) this.sink.sizesKnown(entries);
    this.told = entries.length;
  }

  private async keep(plaintext: Bytes): Promise<void> {
    if (this.sink === null) throw malformed("content before its list of files");
    await this.sink.write(plaintext);
    this.kept.content++;
    this.kept.bytes += plaintext.length;
    this.line.at(this.kept.bytes);
    await this.acknowledge(ACK_BYTES);
  }

  /** Tells what is kept, if there is at least so much new or the last time is long ago. */
  private async acknowledge(least: number): Promise<void> {
    const now = performance.now();
    const { manifest, content, bytes } = this.kept;
    const news = content !== this.acked.content;
    if (!news || (bytes - this.acked.bytes < least && now - this.acked.at < ACK_MILLISECONDS)) return;
    this.acked = { manifest, content, bytes, at: now };
    // An ack that cannot be said means that the link is over, which is told where it happens.
    await this.arrival.step((session) => session.ack(this.offer.id, manifest, content, bytes)).catch(() => undefined);
  }
}
