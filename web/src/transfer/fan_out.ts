/** One sealed file for several who use one code (protocol.md §17): each gets the key in a handshake of their own, all take it from one park. */
import { SenderPark, readerOf } from "../client/parks.ts";
import { Marks, newFileId, newFileKey, type ParkClosing, type ParkSecret } from "../crypto_engine.ts";
import { PeersealError } from "../errors.ts";
import type { Source } from "../files/source.ts";
import { hexEncode } from "../wire/encoding.ts";
import { RECORD_SIZE, STREAM_ID_BYTES } from "../wire/limits.ts";
import type { Line } from "./ledger.ts";
import { offerOf, VERSION } from "./offering.ts";
import { parkRest } from "./parking.ts";
import type { Passage } from "./passage.ts";
import { problemOf } from "./problem.ts";
import type { Sealing } from "./records.ts";
import { Awaited } from "./waiting.ts";

const LOOK_MILLISECONDS = 3_000;
const NOTHING = { manifest: 0, content: 0, bytes: 0 };

/** One receiver's part: what the courier of their link hears about it. */
export class Share {
  readonly answer = new Awaited<boolean>();
}

export class FanOut {
  readonly line: Line;
  readonly sealing: Sealing;
  private readonly source: Source;
  private readonly base: string;
  private secrets: ParkSecret[] = []; // of the present park
  private had = 0; // so many of parks before
  private readonly stopping = new AbortController();
  private of: number;
  private done = 0;
  private park: SenderPark | null = null;
  private closing: ParkClosing | null = null;
  private made = new Awaited<SenderPark>();
  private uploading: Promise<void> | null = null;

  constructor(line: Line, source: Source, base: string, of: number) {
    this.line = line;
    this.source = source;
    this.base = base;
    this.of = of;
    this.sealing = { id: newFileId(), key: newFileKey(), marks: new Marks(), version: VERSION, recordSize: RECORD_SIZE };
    this.tell();
  }

  get name(): string {
    return hexEncode(this.sealing.id);
  }

  get over(): boolean {
    return this.line.over;
  }

  /** Offers it to the one at the other end of this channel; true once they have the key. What fails is theirs alone. */
  async give(passage: Passage, share: Share): Promise<boolean> {
    const { id, key } = this.sealing;
    const offer = await offerOf(this.source, id, key, true);
    if (this.line.snapshot.phase === "queued") this.line.set({ phase: "asking" });
    await passage.step((session) => session.offer(offer));
    if (!(await share.answer.promise)) {
      this.of--;
      this.tell();
      return false;
    }
    try {
      await this.add(await passage.parkSecret(id, VERSION));
    } catch (error) {
      if (!isThere(error)) throw error;
      // Only who shares this receiver's secret can have parked something for it: it gets nothing, the others all of it.
      await passage.step((session) => session.cancel(id, "cancelled"));
      this.of--;
      this.tell();
      return false;
    }
    await passage.step(async (session) => {
      await session.fileKey(id, key);
      await session.path(id, "store", new Uint8Array(STREAM_ID_BYTES));
    });
    return true;
  }

  /** The person stops it: what nobody has taken yet is gone. */
  stop(error: PeersealError): void {
    this.stopping.abort(error);
    void this.park?.end().catch(() => undefined);
    this.line.ended("cancelled", null);
  }

  /** One reader more: of the first park, or of the one that is there. Once all before have it, that is gone, and it is stored again. */
  private async add(secret: ParkSecret): Promise<void> {
    if (this.uploading === null) return this.store(secret);
    const park = await this.made.promise;
    try {
      await park.addReader(await readerOf(secret));
    } catch (error) {
      if (error instanceof PeersealError && error.code === "not_found") return this.store(secret);
      throw error;
    }
    this.secrets.push(secret);
    if (this.closing !== null) await park.closing(hexEncode(secret.reader), await secret.sealClosing(this.closing));
  }

  /** A park for this reader, and for those who come while it is there. Returns when it stands. */
  private async store(secret: ParkSecret): Promise<void> {
    this.had += this.secrets.length;
    [this.secrets, this.closing, this.park] = [[secret], null, null];
    this.made = new Awaited();
    this.uploading = this.upload(this.secrets, this.made);
    await this.made.promise;
  }

  private async upload(secrets: readonly ParkSecret[], made: Awaited<SenderPark>): Promise<void> {
    const { signal } = this.stopping;
    try {
      const ears = { at: (bytes: number): void => { this.line.at(bytes); }, sealed: () => undefined };
      const sealing = { ...this.sealing, marks: new Marks() };
      const { park, expires, closing } = await parkRest(this.base, sealing, this.source, NOTHING, secrets, true, ears, signal, (park) => {
        this.park = park;
        this.line.moving("store", 0);
        this.line.set({ phase: "parking", expires: null });
        made.resolve(park);
      });
      this.closing = closing;
      // Who came while the last closings were stored.
      for (const secret of secrets) await park.closing(hexEncode(secret.reader), await secret.sealClosing(closing!)).catch(ignoreGone);
      this.line.set({ phase: "parked", expires, rate: 0, eta: null });
      await this.watch(park);
    } catch (error) {
      made.reject(error instanceof Error ? error : new Error(String(error)));
      if (this.park === null && isThere(error)) {
        [this.secrets, this.uploading, this.done] = [[], null, this.had]; // the next one's is made anew
        return;
      }
      this.line.ended("failed", problemOf(error));
    }
  }

  /** Counts who has all of it, as long as this page is open. */
  private async watch(park: SenderPark): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted && this.park === park && this.done < this.of) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_MILLISECONDS));
      const done = await this.doneOf(park);
      if (this.park !== park) return;
      this.done = this.had + done;
      this.tell();
    }
    if (!signal.aborted && this.done >= this.of) this.line.done(null);
  }

  private async doneOf(park: SenderPark): Promise<number> {
    const known = this.secrets.length;
    try {
      const { readers } = await park.look();
      return readers.filter(({ done }) => done).length;
    } catch (error) {
      if (!(error instanceof PeersealError)) throw error;
      return error.code === "not_found" ? known : this.done - this.had; // gone: all of them have it
    }
  }

  private tell(): void {
    this.line.set({ receivers: { done: this.done, of: this.of } });
  }
}

/** The server knows this reader already, of another park. */
function isThere(error: unknown): boolean {
  return error instanceof PeersealError && error.code === "exists";
}

function ignoreGone(error: unknown): void {
  if (!(error instanceof PeersealError && error.code === "not_found")) throw error;
}
