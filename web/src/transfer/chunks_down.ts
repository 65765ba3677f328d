/** A stored file's chunks on their way down: a few fetched ahead, opened in order. One still arriving is waited for. */
import { rootOfLeaves } from "../crypto_engine.ts";
import { TimedOut } from "../errors.ts";
import { ManifestReader } from "../protocol/manifest.ts";
import type { Came } from "../transport/chunk_body.ts";
import type { ChunkStore } from "../transport/store.ts";
import type { StreamLayout } from "../wire/chunks.ts";
import { malformed, type Bytes } from "../wire/encoding.ts";
import type { StreamName } from "../wire/frames.ts";
import { CHANGED, accusing } from "./accusing.ts";
import { RECORDS_PER_CHUNK } from "../wire/limits.ts";
import { ChunkOpener, fullChunk, LeafList } from "./chunks.ts";
import type { Sealed } from "./trust.ts";

/** Chunks fetched ahead of the one that is opened. */
const AHEAD = 3;
/** How long to wait for the next part of a file whose upload stands still. */
export const ARRIVING_MILLISECONDS = 10 * 60_000;
const AGAIN_MILLISECONDS = 200;

type Store = Pick<ChunkStore, "get">;

/** The manifest of one version, all of it read here: its head first, the rest when it is there. */
export class ManifestDown {
  readonly reader: ManifestReader;
  private readonly sealed: Sealed;
  private readonly store: Store;
  private readonly opener: ChunkOpener;
  private next = 0;

  private constructor(sealed: Sealed, store: Store, opener: ChunkOpener) {
    this.sealed = sealed;
    this.store = store;
    this.opener = opener;
    this.reader = new ManifestReader(sealed.file.recordSize);
  }

  static async open(sealed: Sealed, store: Store): Promise<ManifestDown> {
    return new ManifestDown(sealed, store, await ChunkOpener.create(sealed.file, "manifest"));
  }

  get leaves(): LeafList {
    return this.opener.leaves;
  }

  /** Reads the head part, which is the one its owner signed. */
  async head(): Promise<void> {
    while (!this.reader.headComplete) await this.readChunk();
    await accusing(this.sealed.owner.name, async () => {
      this.sealed.opening.checkHeadPart(await rootOfLeaves(this.leaves.joined(this.reader.headRecords)));
    });
  }

  /** Reads everything behind the head part. */
  async rest(): Promise<void> {
    while (!this.reader.closed) await this.readChunk();
  }

  private async readChunk(): Promise<void> {
    const { owner, file } = this.sealed;
    const came = await fetched(this.store, "manifest", this.next, new ArrayBuffer(fullChunk("manifest", file)));
    // Whether a record is the last is known only once it is open, and the reader wants to hear it with the record.
    const records: Bytes[] = [];
    await accusing(owner.name, () => this.opener.open(bytesOf(came), null, (record) => void records.push(record)), CHANGED);
    const first = this.leaves.count - records.length;
    await accusing(owner.name, () => {
      records.forEach((record, at) => {
        this.reader.feed(first + at, record, this.opener.ended && at === records.length - 1);
      });
    });
    this.next++;
  }
}

export interface Content {
  readonly leaves: LeafList;
  readonly size: number; // bytes of plaintext
}

/**
 * The content of one version, each record given to `place` in order. `layout` is null while the end is not known: the
 * final record tells it then. `before`: leaves of the whole chunks that are here already; `onChunk` hears of each more.
 */
export async function carryDown(
  sealed: Sealed,
  store: Store,
  layout: StreamLayout | null,
  place: (plaintext: Bytes) => Promise<void> | void,
  before = new LeafList(),
  onChunk: (leaves: LeafList, size: number) => void = () => undefined,
): Promise<Content> {
  const chunks = new ContentDown(sealed, store, layout, await ChunkOpener.create(sealed.file, "content", before));
  let size = before.count * sealed.file.recordSize;
  while (!chunks.ended) {
    await chunks.next(async (plaintext) => {
      size += plaintext.length;
      await place(plaintext);
    });
    onChunk(chunks.leaves, size);
  }
  return { leaves: chunks.leaves, size };
}

/** The content's chunks, opened one after the other. */
class ContentDown {
  private readonly sealed: Sealed;
  private readonly layout: StreamLayout | null;
  private readonly opener: ChunkOpener;
  private readonly ahead: Ahead;
  private number: number;

  constructor(sealed: Sealed, store: Store, layout: StreamLayout | null, opener: ChunkOpener) {
    this.sealed = sealed;
    this.layout = layout;
    this.opener = opener;
    this.number = opener.leaves.count / RECORDS_PER_CHUNK;
    this.ahead = new Ahead(store, layout, fullChunk("content", sealed.file), this.number);
  }

  get ended(): boolean {
    return this.opener.ended;
  }

  get leaves(): LeafList {
    return this.opener.leaves;
  }

  async next(take: (plaintext: Bytes) => Promise<void> | void): Promise<void> {
    const { layout, sealed } = this;
    const number = this.number++;
    const came = await this.ahead.take();
    await accusing(sealed.owner.name, async () => {
      if (layout !== null && came.length !== layout.chunkLength(number)) throw malformed("a part of a wrong length");
      await this.opener.open(bytesOf(came), layout === null ? null : number === layout.chunks - 1, take);
    }, CHANGED);
    this.ahead.giveBack(came.buffer);
  }
}

/** A chunk's records, opened; `leaves` are all so far. */
export interface OpenedChunk {
  readonly records: readonly Bytes[];
  readonly leaves: LeafList;
  readonly ended: boolean;
}

/** The content of a complete version, chunk by chunk. */
export async function* openedChunks(sealed: Sealed, store: Store, layout: StreamLayout): AsyncGenerator<OpenedChunk, void, undefined> {
  const chunks = new ContentDown(sealed, store, layout, await ChunkOpener.create(sealed.file, "content"));
  while (!chunks.ended) {
    const records: Bytes[] = [];
    await chunks.next((record) => void records.push(record));
    yield { records, leaves: chunks.leaves, ended: chunks.ended };
  }
}

/** Fetches chunks before they are asked for, into buffers that go round. */
class Ahead {
  private readonly store: Store;
  private readonly layout: StreamLayout | null;
  private readonly size: number;
  private readonly free: ArrayBuffer[] = [];
  private readonly under: Promise<Came>[] = [];
  private next: number;

  constructor(store: Store, layout: StreamLayout | null, fullChunkSize: number, first: number) {
    this.next = first;
    this.store = store;
    this.layout = layout;
    this.size = layout === null ? fullChunkSize : Math.min(fullChunkSize, layout.sealed);
  }

  take(): Promise<Came> {
    // Of a stream without a known end nothing is asked for that may never come.
    const last = this.layout === null ? this.next : this.layout.chunks - 1;
    while (this.under.length < AHEAD && this.next <= last) {
      const fetching = fetched(this.store, "content", this.next++, this.free.pop() ?? new ArrayBuffer(this.size));
      fetching.catch(() => undefined); // raised where it is taken
      this.under.push(fetching);
    }
    return this.under.shift() ?? Promise.reject(malformed("a content of no records"));
  }

  giveBack(buffer: ArrayBuffer): void {
    this.free.push(buffer);
  }
}

/** A chunk, once it is there. Raises `stands_still`. */
async function fetched(store: Store, stream: StreamName, number: number, room: ArrayBuffer): Promise<Came> {
  const since = performance.now();
  for (;;) {
    const came = await store.get(stream, number, room);
    if (came !== null) return came;
    if (performance.now() - since > ARRIVING_MILLISECONDS) throw standsStill();
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MILLISECONDS)); // a server that does not wait itself must not be hammered
  }
}

export function standsStill(): TimedOut {
  return new TimedOut("The upload of this file stands still.", {
    code: "stands_still", hint: "Try again when its sender is back. Nothing was kept.", retryable: true,
  });
}

function bytesOf({ buffer, length }: Came): Bytes {
  return new Uint8Array(buffer, 0, length);
}
