/** Sends one file set: offer, key, path, sealed records, until the receiver says done. */
import { commitment, newFileId, newFileKey, randomBytes, RecordSealer, type FileKey } from "../crypto_engine.ts";
import { IntegrityFailed, type PeersealError } from "../errors.ts";
import type { Source, SourceEntry } from "../files/source.ts";
import type { Session } from "../protocol/session.ts";
import { ManifestWriter } from "../protocol/manifest.ts";
import { PREVIEW_MAX_BYTES, PREVIEW_MAX_ENTRIES, type Ack, type Answer, type Offer, type Preview } from "../protocol/control.ts";
import type { SendEnd } from "../transport/transport.ts";
import { hexEncode, type Bytes } from "../wire/encoding.ts";
import { stringify } from "../wire/strict_json.ts";
import { writeFrameHeader, type StreamName } from "../wire/frames.ts";
import { FRAME_HEADER_BYTES, manifestRecordSize, RECORD_OVERHEAD, RECORD_SIZE, STREAM_ID_BYTES } from "../wire/limits.ts";
import type { Line } from "./ledger.ts";
import { StoppedByPeer } from "./theirs.ts";
import { Awaited, betterReason, unlessStopped } from "./waiting.ts";
import { SendWindow } from "./window.ts";

/** What a transfer needs of the link it goes over. */
export interface Passage {
  /** Does one thing with the session and sends what comes of it. */
  step(step: (session: Session) => Promise<void>): Promise<void>;
  openSend(stream: Bytes, signal: AbortSignal): Promise<SendEnd>;
}

const VERSION = 1;
/** Beyond the largest plaintext: header, IV and tag, and room the sealer may use. */
const FRAME_ROOM = FRAME_HEADER_BYTES + RECORD_OVERHEAD + 16;

export class Outgoing {
  readonly id: Bytes = newFileId();
  readonly line: Line;
  private readonly source: Source;
  private readonly passage: Passage;
  private readonly key: FileKey = newFileKey();
  private readonly answerCame = new Awaited<void>();
  private readonly doneCame = new Awaited<void>();
  private readonly window = new SendWindow(RECORD_SIZE);
  private readonly stopping = new AbortController();
  private readonly handed = { manifest: 0, content: 0, bytes: 0, all: false }; // to the path; nobody can hold more
  private received = false; // the receiver said done: what breaks after that is its leaving

  constructor(line: Line, source: Source, passage: Passage) {
    this.line = line;
    this.source = source;
    this.passage = passage;
  }

  get name(): string {
    return hexEncode(this.id);
  }

  answered(answer: Pick<Answer, "accept" | "code">): void {
    if (answer.accept) this.answerCame.resolve();
    else this.stop(new StoppedByPeer("", { code: answer.code ?? "declined" }));
  }

  acked(ack: Pick<Ack, "manifest" | "content" | "bytes">): void {
    const { manifest, content, bytes } = this.handed;
    if (ack.manifest > manifest || ack.content > content || ack.bytes > bytes) {
      this.stop(outOfOrder("an ack for what was not sent"));
      return;
    }
    this.window.ack(ack.content);
    this.line.at(ack.bytes);
  }

  /** A receiver that says so before the last record left has not got it, whatever it says. */
  done(): void {
    if (!this.handed.all) {
      this.stop(outOfOrder("done before everything was sent"));
      return;
    }
    this.received = true;
    this.doneCame.resolve();
  }

  /** Ends it where it stands; `run` raises this. */
  stop(error: PeersealError): void {
    if (this.received) return;
    this.stopping.abort(error);
    this.window.break(error);
  }

  /** Returns when the receiver holds everything. */
  async run(): Promise<void> {
    let end: SendEnd | null = null;
    try {
      end = await this.open();
      this.line.moving(end.kind);
      // Done may come while the path is still closing, and the receiver may leave right after it.
      const carried = this.carry(end).then(() => this.doneCame.promise);
      await unlessStopped(Promise.race([carried, this.doneCame.promise]), this.stopping.signal);
    } catch (error) {
      end?.abort();
      const reason = await betterReason(error, this.stopping.signal);
      if (!this.received) throw reason;
    }
    this.line.done(null);
  }

  /** Offers, waits for the answer, gives the key and opens the path. */
  private async open(): Promise<SendEnd> {
    const { signal } = this.stopping;
    signal.throwIfAborted();
    this.line.set({ phase: "asking" });
    const offer = await this.offer();
    await this.passage.step((session) => session.offer(offer));
    await unlessStopped(this.answerCame.promise, signal);
    const stream = randomBytes(STREAM_ID_BYTES);
    await this.passage.step(async (session) => {
      await session.fileKey(this.id, this.key);
      await session.path(this.id, "relay", stream);
    });
    return this.passage.openSend(stream, signal);
  }

  private async offer(): Promise<Offer> {
    const { entries, bytes } = this.source;
    return {
      type: "offer",
      id: this.id,
      version: VERSION,
      recordSize: RECORD_SIZE,
      commitment: await commitment(this.key, this.id, VERSION),
      files: entries.filter(({ kind }) => kind !== "directory").length,
      bytes,
      open: false,
      text: entries[0]?.kind === "text",
      shared: false,
      preview: previewOf(entries),
    };
  }

  private async carry(end: SendEnd): Promise<void> {
    const frames = new FrameWriter(end, this.key, this.id, this.handing.bind(this));
    const manifest = new ManifestWriter(false, RECORD_SIZE).entries(this.source.entries);
    await frames.stream("manifest", manifest.length, manifestRecordSize(RECORD_SIZE), one(manifest), null);
    await frames.stream("content", this.source.bytes, RECORD_SIZE, this.source.content(), this.window);
    await end.finish();
  }

  private handing(stream: StreamName, bytes: number, final: boolean): void {
    this.handed[stream]++;
    if (stream === "manifest") return;
    this.handed.bytes += bytes;
    this.handed.all = final;
  }
}

/** Cuts bytes into records, seals them and puts them in frames. */
class FrameWriter {
  private readonly end: SendEnd;
  private readonly key: FileKey;
  private readonly id: Bytes;
  private readonly handing: (stream: StreamName, bytes: number, final: boolean) => void;
  private readonly frame = new Uint8Array(RECORD_SIZE + FRAME_ROOM);

  /** `handing` hears of each record right before the path gets it: its acks may come while the path still takes it. */
  constructor(end: SendEnd, key: FileKey, id: Bytes, handing: FrameWriter["handing"]) {
    this.end = end;
    this.key = key;
    this.id = id;
    this.handing = handing;
  }

  /** One whole stream of `total` bytes, which `pieces` must give exactly. */
  async stream(
    name: StreamName,
    total: number,
    recordSize: number,
    pieces: AsyncIterable<Bytes>,
    window: SendWindow | null,
  ): Promise<void> {
    const sealer = await RecordSealer.create(this.key, name, this.id, VERSION, RECORD_SIZE);
    const last = Math.max(0, Math.ceil(total / recordSize) - 1);
    let index = 0;
    for await (const plaintext of recordsOf(pieces, recordSize)) {
      await window?.room(index);
      const final = index === last;
      const length = await sealer.sealInto(index, final, plaintext, this.frame.subarray(FRAME_HEADER_BYTES));
      writeFrameHeader({ length, stream: name, final, index }, this.frame);
      this.handing(name, plaintext.length, final);
      await this.end.send(this.frame.subarray(0, FRAME_HEADER_BYTES + length));
      index++;
    }
  }
}

function outOfOrder(why: string): IntegrityFailed {
  return new IntegrityFailed(why, { code: "out_of_order" });
}

/** The first entries, as many as an offer may show. */
export function previewOf(entries: readonly SourceEntry[]): readonly Preview[] {
  const preview: Preview[] = [];
  let bytes = 2;
  for (const { path, size, kind } of entries.slice(0, PREVIEW_MAX_ENTRIES)) {
    bytes += stringify({ path, size, kind }).length + 1;
    if (bytes > PREVIEW_MAX_BYTES) break;
    preview.push({ path, size, kind });
  }
  return preview;
}

async function* one(bytes: Bytes): AsyncGenerator<Bytes, void, undefined> {
  yield await Promise.resolve(bytes);
}

/** The same bytes in pieces of exactly `size`, the last one shorter; no bytes at all are one empty piece. */
export async function* recordsOf(pieces: AsyncIterable<Bytes>, size: number): AsyncGenerator<Bytes, void, undefined> {
  const room = new Uint8Array(size);
  let filled = 0;
  for await (const piece of pieces) {
    let at = 0;
    while (at < piece.length) {
      if (filled === size) {
        yield room;
        filled = 0;
      }
      // A whole record inside the piece needs no copy, but the last one may be the final: keep it for then.
      if (filled === 0 && piece.length - at > size) {
        yield piece.subarray(at, at + size);
        at += size;
        continue;
      }
      const part = piece.subarray(at, at + size - filled);
      room.set(part, filled);
      filled += part.length;
      at += part.length;
    }
  }
  // Nothing is left only if nothing came, perhaps in empty pieces: that is one record of nothing.
  yield room.subarray(0, filled);
}
