/** When a transfer of ours leaves for the server, and what becomes of it there (protocol.md §17). */
import type { SenderPark } from "../client/parks.ts";
import { Marks, type ParkSecret } from "../crypto_engine.ts";
import { PeersealError } from "../errors.ts";
import type { Source } from "../files/source.ts";
import type { Have } from "../protocol/control.ts";
import { sameBytes } from "../wire/encoding.ts";
import type { From } from "./carrying.ts";
import type { Line } from "./ledger.ts";
import { parkRest } from "./parking.ts";
import type { Sealing } from "./records.ts";

/** A receiver who is gone for so long may not come back soon. */
const GONE_MILLISECONDS = 10_000;
const LOOK_MILLISECONDS = 3_000;
const AGAIN_MILLISECONDS = 30_000;
/** Why a server will not park this: asking again changes nothing. */
const REFUSED = new Set(["parking_closed", "quota", "disk_full", "not_found", "invalid"]);

export class StoreRoad {
  /** What the park was sealed with: its records have other marks than those sent before. */
  marks: Marks | null = null;
  secret: ParkSecret | null;
  private readonly base: string | null;
  private readonly sealing: Sealing;
  private readonly source: Source;
  private readonly line: Line;
  private readonly stopping = new AbortController();
  private wake: (() => void) | null = null;
  private wished = false;
  private refused = false;
  private from = 0; // content records below have the marks of before
  private park: SenderPark | null = null;

  /** `base`: the page's address; null where nothing is parked. */
  constructor(base: string | null, sealing: Sealing, source: Source, line: Line, secret: ParkSecret | null) {
    this.base = base;
    this.sealing = sealing;
    this.source = source;
    this.line = line;
    this.secret = secret;
  }

  /** The person, or the other side by its goodbye, says that it should go to the server now. */
  wish(): void {
    this.wished = true;
    this.wake?.();
  }

  /** It should go to the server now. */
  get wanted(): boolean {
    return this.wished && this.possible;
  }

  /** Everything is on the server. */
  get whole(): boolean {
    return this.park !== null;
  }

  /** Returns when it is time to park, `gone` being when the other side went; never if nothing can be parked. */
  async time(): Promise<void> {
    const end = performance.now() + (this.wished ? 0 : GONE_MILLISECONDS);
    while (!this.possible || (!this.wished && performance.now() < end)) {
      await new Promise<void>((resolve) => {
        this.wake = resolve;
        setTimeout(resolve, 500);
      });
      if (this.stopping.signal.aborted) throw this.stopping.signal.reason;
    }
  }

  /** Parks what is missing behind `held`. False if that cannot be done now. */
  async leave(held: From): Promise<boolean> {
    const { base, secret, line } = this;
    if (base === null || secret === null) return false;
    line.set({ phase: "parking", path: "store", rate: 0, eta: null });
    const marks = copied(this.sealing.marks, held);
    [this.marks, this.from] = [marks, held.content];
    try {
      const ears = { at: (bytes: number): void => { line.at(bytes); }, sealed: () => undefined };
      const { park, expires } = await parkRest(base, { ...this.sealing, marks }, this.source, held, [secret], false, ears, this.stopping.signal);
      this.park = park;
      line.set({ phase: "parked", expires, done: this.source.bytes, rate: 0, eta: null });
      return true;
    } catch (error) {
      if (!(error instanceof PeersealError)) throw error;
      this.wished = false;
      if (REFUSED.has(error.code)) this.refused = true;
      else {
        this.refused = true;
        setTimeout(() => { this.refused = false; }, AGAIN_MILLISECONDS);
      }
      return false;
    }
  }

  /** Returns when the receiver has taken everything from the park. */
  async taken(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      try {
        const { readers } = await this.park!.look();
        if (readers.every(({ done }) => done)) return;
      } catch (error) {
        if (error instanceof PeersealError && error.code === "not_found") return; // all have it, so it is gone
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_MILLISECONDS));
    }
    throw this.stopping.signal.reason;
  }

  /**
   * Whether the receiver's marks are ours: of what was sent before, then of what it took from the park. They become the
   * marks that count.
   */
  async agrees({ manifest, content, marks }: Have): Promise<boolean> {
    const own = this.sealing.marks;
    if (manifest > own.count("manifest") && this.marks === null) return false;
    if (content <= own.count("content") && manifest <= own.count("manifest") && sameBytes(await own.hash(manifest, content), marks)) return true;
    const parked = this.marks;
    if (parked === null || content > parked.count("content") || manifest > parked.count("manifest")) return false;
    for (let index = 0; index < manifest; index++) if (index >= own.count("manifest")) own.put("manifest", index, parked.get("manifest", index));
    for (let index = own.count("content"); index < content; index++) own.put("content", index, parked.get("content", index));
    for (let index = content - 1; index >= this.from; index--) {
      if (sameBytes(await own.hash(manifest, content), marks)) return true;
      own.put("content", index, parked.get("content", index));
    }
    return sameBytes(await own.hash(manifest, content), marks);
  }

  /** It is over. `done`: the receiver has everything, so nothing is left on the server either. */
  close(why: Error, done: boolean): void {
    this.stopping.abort(why);
    if (done || this.line.snapshot.phase !== "parked") void this.park?.end().catch(() => undefined);
  }

  private get possible(): boolean {
    return !this.refused && this.base !== null && this.secret !== null && this.park === null;
  }
}

function copied(marks: Marks, { manifest, content }: From): Marks {
  const copy = new Marks();
  for (const [stream, count] of [["manifest", manifest], ["content", content]] as const) {
    for (let index = 0; index < count; index++) copy.put(stream, index, marks.get(stream, index));
  }
  return copy;
}
