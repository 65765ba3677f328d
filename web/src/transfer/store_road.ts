/** When a transfer of ours leaves for the server, and what becomes of it there (protocol.md §17). */
import { SenderPark } from "../client/parks.ts";
import { Marks, type ParkSecret } from "../crypto_engine.ts";
import { NotFound, PeersealError, Refused } from "../errors.ts";
import type { Source } from "../files/source.ts";
import type { Have } from "../protocol/control.ts";
import { sameBytes } from "../wire/encoding.ts";
import type { StreamName } from "../wire/frames.ts";
import type { Bytes } from "../wire/encoding.ts";
import type { From } from "./carrying.ts";
import type { ParkedMarks } from "./journal.ts";
import type { Line } from "./ledger.ts";
import type { SendNotes } from "./notes.ts";
import { parkRest, type ParkedWhole } from "./parking.ts";
import type { Sealing } from "./records.ts";

/** A receiver who is gone for so long may not come back soon. */
const GONE_MILLISECONDS = 10_000;
const LOOK_MILLISECONDS = 3_000;
const AGAIN_MILLISECONDS = 30_000;
/** Why a server will not park this: asking again changes nothing. */
const REFUSED = new Set(["parking_closed", "quota", "disk_full", "not_found", "invalid"]);

/** A park that an earlier visit began: what it is called, who may change it, and what went into it. */
export interface BegunPark {
  readonly park: string;
  readonly token: Bytes;
  readonly marks: ParkedMarks | null;
}

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
  private from = { manifest: 0, content: 0 }; // records below have the marks of before
  private park: SenderPark | null = null;
  private filling: SenderPark | null = null; // not whole yet, as far as is known here
  private told = false; // the server knows that it is
  private stale: SenderPark | null = null; // begun, and of no use any more: the next one can only come when it is gone
  private gone = false; // what was parked: the receiver has all of it
  private expires: number | null = null; // of what is whole; ms since 1970
  private readonly notes: SendNotes | null;

  /** `base`: the page's address; null where nothing is parked. `before`: what an earlier visit began to park. */
  constructor(
    base: string | null, sealing: Sealing, source: Source, line: Line, secret: ParkSecret | null, notes: SendNotes | null = null, before: BegunPark | null = null,
  ) {
    this.notes = notes;
    if (before !== null && base !== null) {
      this.stale = SenderPark.known(base, before.park, before.token);
      this.marks = before.marks?.marks ?? null;
      this.from = before.marks?.from ?? this.from;
    }
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

  /** Parks what is missing behind `held`; `begun` is called once there is a park. False if that cannot be done now. */
  async leave(held: From, begun: () => Promise<void> = () => Promise.resolve()): Promise<boolean> {
    const { base, secret, line } = this;
    if (base === null || secret === null || this.stopping.signal.aborted) return false;
    line.set({ phase: "parking", path: "store", rate: 0, eta: null });
    try {
      const { park, expires, taken } = await this.fill(base, secret, held, begun);
      // Who reads along may have had everything, and said so, before the server's word that all of it is there.
      if (this.stopping.signal.aborted) return false;
      [this.park, this.stale, this.gone, this.expires] = [park, null, taken, expires];
      if (!taken) this.lies();
      return true;
    } catch (error) {
      if (!this.stopping.signal.aborted) line.waits();
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

  private async fill(base: string, secret: ParkSecret, held: From, begun: () => Promise<void>): Promise<ParkedWhole> {
    const marks = copied(this.sealing.marks, held);
    await this.endStale();
    [this.marks, this.from] = [marks, held];
    const ears = {
      asked: (park: SenderPark): void => { this.stale = park; },
      told: (): void => { this.told = true; },
      ends: (): void => { this.filling = null; },
      at: (bytes: number): void => { if (!this.stopping.signal.aborted) this.line.at(bytes); },
      sealed: (stream: StreamName, index: number, sealed: Uint8Array): void => { if (index >= held[stream]) this.notes?.parked(stream, index, sealed); },
    };
    let made = false;
    try {
      return await parkRest(base, { ...this.sealing, marks }, this.source, held, [secret], false, ears, this.stopping.signal, async (park) => {
        [made, this.filling, this.told] = [true, park, false];
        await this.notes?.parkMade(park);
        await begun();
      });
    } catch (error) {
      if (!made && error instanceof Refused) this.stale = null; // it never was
      throw error;
    } finally {
      this.filling = null;
    }
  }

  /** Nobody needs this page for it any more: all of it lies there, and is shown so. */
  lies(): void {
    this.line.set({ phase: "parked", expires: this.expires, done: this.source.bytes, rate: 0, eta: null });
  }

  /**
   * Returns when the receiver has taken everything from the park, which may still fill. `until` ends the looking. Raises
   * `not_fetched` once its time is over.
   */
  async taken(until: AbortSignal = this.stopping.signal): Promise<void> {
    const ends = AbortSignal.any([until, this.stopping.signal]);
    while (!ends.aborted) {
      if (this.gone) return;
      const looked = this.park ?? this.filling;
      try {
        const readers = (await looked?.look())?.readers;
        if (readers?.every(({ done }) => done) === true) return;
      } catch (error) {
        // A whole one is gone because all have it. Before, and when it is taken back, that says nothing.
        const whole = looked === this.park || (looked === this.filling && this.told);
        if (whole && error instanceof NotFound) {
          if (this.expires !== null && Date.now() >= this.expires) throw new NotFound("It was not fetched in time.", { code: "not_fetched" });
          return;
        }
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_MILLISECONDS));
    }
    throw ends.reason;
  }

  /**
   * Whether the receiver's marks are ours: of what was sent before, then of what it took from the park. They become the
   * marks that count.
   */
  async agrees({ manifest, content, marks }: Have): Promise<boolean> {
    const own = this.sealing.marks;
    const known = { manifest: own.count("manifest"), content: own.count("content") };
    if (content <= known.content && manifest <= known.manifest && sameBytes(await own.hash(manifest, content), marks)) return true;
    const parked = this.marks;
    if (parked === null || content > parked.count("content") || manifest > parked.count("manifest")) return false;
    // The list came from one of the two, and the content from the park from some record on.
    for (const list of manifest <= known.manifest ? [own, parked] : [parked]) {
      for (let from = Math.min(known.content, content); from >= this.from.content; from--) {
        const tried = copied(list, { manifest, content: 0, bytes: 0 });
        for (let index = 0; index < content; index++) tried.put("content", index, (index < from ? own : parked).get("content", index));
        if (!sameBytes(await tried.hash(manifest, content), marks)) continue;
        for (let index = 0; index < manifest; index++) this.counts("manifest", index, tried);
        for (let index = this.from.content; index < content; index++) this.counts("content", index, tried);
        return true;
      }
    }
    return false;
  }

  private counts(stream: StreamName, index: number, marks: Marks): void {
    const mark = marks.get(stream, index);
    this.sealing.marks.put(stream, index, mark);
    this.notes?.sealed(stream, index, mark);
  }

  /** It is over. `done`: the receiver has everything, or nobody wants it, so nothing is left on the server either. */
  close(why: Error, done: boolean): void {
    this.stopping.abort(why);
    if (done || this.line.snapshot.phase !== "parked") void this.park?.end().catch(() => undefined);
    if (done) void this.stale?.end().catch(() => undefined);
  }

  /** Two parks for one receiver there cannot be. Raises what the server raises, but not that it is gone already. */
  private async endStale(): Promise<void> {
    await this.stale?.end().catch((error: unknown) => {
      if (!(error instanceof PeersealError && error.code === "not_found")) throw error;
    });
    this.stale = null;
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
