/** Receives one file set: answer, key, then path after path, records opened in order and kept, until all of it verified. */
import type { FileKey, ParkSecret } from "../crypto_engine.ts";
import { IntegrityFailed, type PeersealError } from "../errors.ts";
import { refusalOf } from "../files/room.ts";
import type { Delivery } from "../files/shelf.ts";
import type { StoreKind } from "../files/stores.ts";
import type { Offer } from "../protocol/control.ts";
import type { SessionEvent } from "../protocol/session.ts";
import type { PathKind, ReceiveEnd } from "../transport/transport.ts";
import { hexEncode, type Bytes } from "../wire/encoding.ts";
import { MIB, STREAM_ID_BYTES } from "../wire/limits.ts";
import { Away, isBreak } from "./breaks.ts";
import type { SaveInto } from "./bridge.ts";
import { DirectOnly } from "./direct_only.ts";
import type { DirectReach } from "./direct_reach.ts";
import { Keeping } from "./keeping.ts";
import type { Line } from "./ledger.ts";
import { Parked } from "./parked.ts";
import type { Passage } from "./passage.ts";
import type { ReceiveNotes } from "./notes.ts";
import { Awaited, betterReason, unlessStopped } from "./waiting.ts";

/** Where records come from, and the first of each stream that comes there. */
export interface PathTold {
  readonly kind: PathKind;
  readonly stream: Bytes;
  readonly manifest: number;
  readonly content: number;
}

/** Opens the ends of the paths that the sender names. */
export interface Reach {
  open(path: PathTold, signal: AbortSignal): Promise<ReceiveEnd>;
  /** The page's address, for what the server parks; null where it does not. */
  readonly base: string | null;
  readonly direct: DirectReach;
}

/** An ack at the latest after so much content or so long (protocol.md §5.2). */
const ACK_BYTES = 8 * MIB;
const ACK_MILLISECONDS = 100;
/** How often the server is asked for what an absent sender left there. */
const PARK_MILLISECONDS = 2_000;
/** After a path that ended in order the next one is announced at once; if not, something was lost. */
const NEXT_PATH_MILLISECONDS = 500;
/** A sender that had nothing under way yet does not take the first word of a break for one. */
const SAY_BROKEN_MILLISECONDS = 1_000;
/** While the way that is named is not taken: whether another stands is looked so often. */
const REFUSED_MILLISECONDS = 200;

export class Incoming {
  readonly line: Line;
  readonly offer: Offer;
  /** What was kept so far; null until the key came. */
  keeping: Keeping | null;
  private readonly passage: Passage;
  private readonly stores: StoreKind;
  private readonly reach: Reach;
  readonly notes: ReceiveNotes | null;
  private readonly keyCame = new Awaited<FileKey>();
  private readonly begun = new Awaited<Keeping>();
  /** The key was given: from then on the sender may ask what is kept. */
  given: boolean;
  private readonly stopping = new AbortController();
  private readonly told: PathTold[] = []; // paths that come next
  private wake: (() => void) | null = null;
  private fresh = false; // nothing was said in this channel yet
  private broken = false; // the path in use broke: the sender's next word is `where`, what it named before that does not count
  private ended = false; // the path in use ended in order, and the next is not named yet
  private asked = false; // the sender's `where` is being answered
  private readonly parked: Parked;
  private readonly directOnly: DirectOnly;
  private end: ReceiveEnd | null = null;
  private opening = new AbortController();
  private following: Promise<boolean> = Promise.resolve(false);
  private acked = { content: 0, manifest: 0, bytes: 0, at: 0 };

  /** `keeping`: what an earlier visit kept of it, accepted and keyed. */
  constructor(
    line: Line, offer: Offer, passage: Passage, stores: StoreKind, reach: Reach, notes: ReceiveNotes | null = null, keeping: Keeping | null = null,
  ) {
    this.line = line;
    this.offer = offer;
    this.passage = passage;
    this.stores = stores;
    this.reach = reach;
    this.notes = notes;
    this.keeping = keeping;
    this.parked = new Parked(reach.base, notes?.park ?? null);
    this.given = keeping !== null;
    this.directOnly = new DirectOnly(reach.direct, () => this.lost());
    if (keeping === null) return;
    this.keyCame.resolve(keeping.key);
    this.begun.resolve(keeping);
    this.fresh = true;
  }

  get name(): string {
    return hexEncode(this.offer.id);
  }

  /** The key is here: this can go on without the person. */
  get keyed(): boolean {
    return this.keeping !== null;
  }

  /** The person wants it: both go on with it in another channel. */
  get accepted(): boolean {
    return this.keyed || this.line.snapshot.phase === "moving" || this.line.snapshot.phase === "reconnecting";
  }

  // --- what the sender says ---

  keyArrived(key: FileKey, park: ParkSecret): void {
    this.parked.secret = park;
    this.given = true;
    this.keyCame.resolve(key);
  }

  /** Descriptions and addresses for direct paths. */
  heard(event: SessionEvent): void {
    this.reach.direct.heard(event);
  }

  pathArrived(path: PathTold): void {
    if (this.broken) return;
    this.ended = false;
    this.told.push(path);
    this.wake?.();
  }

  /** The sender asks: nothing more is read from where it came so far, and what is kept is told. */
  async whereAsked(): Promise<void> {
    this.asked = true;
    this.told.length = 0;
    if (this.end?.drain === undefined) await this.cut();
    else {
      this.end.drain();
      await this.following.catch(() => undefined);
    }
    this.asked = this.broken = this.ended = false;
    const keeping = await unlessStopped(this.begun.promise, this.stopping.signal);
    const { manifest, content, bytes } = keeping.kept;
    const marks = await keeping.marks.hash(manifest, content);
    if (this.passage.resumed) this.line.wentOn(bytes);
    this.acked = { manifest, content, bytes, at: performance.now() }; // it says as much as an ack
    await this.passage.step((session) => session.have(this.offer.id, manifest, content, bytes, marks));
    if (this.fresh) this.reach.direct.begin();
    this.fresh = false;
    this.wake?.();
  }

  /** The offer came again in another channel: the sender did not hear the answer. */
  async answerAgain(): Promise<void> {
    await this.passage.step((session) => session.answer(this.offer.id, true));
  }

  // --- what happens to it ---

  /** The channel is gone: what came through it ends, and goes on in the next. */
  away(): void {
    this.fresh = true;
    void this.cut();
    this.reach.direct.away();
    if (!this.line.over && this.line.snapshot.phase === "moving") this.line.waits();
  }

  /** Ends it where it stands; `run` raises this. */
  stop(error: PeersealError): void {
    this.stopping.abort(error);
  }

  /** Why this cannot be kept here, or null. Asked before the person accepts, and again when they do. */
  async refusal(into: SaveInto | null): Promise<PeersealError | null> {
    return refusalOf(this.offer, into, this.stores);
  }

  /** Accepts and takes everything; returns what to hand over. The session is told `done` by the caller.
   *
   * `park` gives, while the sender is away, a path that finishes without them, as soon as there is one.
   */
  async run(into: SaveInto | null): Promise<Delivery> {
    const { signal } = this.stopping;
    const ticking = setInterval(() => {
      void this.acknowledge(1);
      this.line.stands();
    }, ACK_MILLISECONDS);
    try {
      if (this.keeping === null) await this.begin(into);
      for (;;) {
        const path = await unlessStopped(this.nextPath(), signal);
        if (path === null) {
          await this.keeping!.complete();
          break;
        }
        this.following = this.follow(path);
        this.following.catch(() => undefined);
        if (await unlessStopped(this.following, signal)) break;
      }
      await this.acknowledge(1);
      await unlessStopped(this.parked.check(this.keeping!, this.offer), signal);
      this.line.set({ phase: "saving" });
      const delivery = await this.keeping!.finish();
      await this.parked.done();
      return delivery;
    } catch (error) {
      this.end?.abort();
      const reason = await betterReason(error, signal);
      this.begun.reject(reason as Error);
      await this.keeping?.abort(reason).catch(() => undefined);
      throw reason;
    } finally {
      clearInterval(ticking);
      this.reach.direct.close();
      this.opening.abort(new Away());
      this.end?.abort();
    }
  }

  // --- inside ---

  private async begin(into: SaveInto | null): Promise<void> {
    const { offer, stopping } = this;
    if (!this.passage.away) await this.answerAgain().catch(ifBreak); // else it is said when the offer comes again
    const key = await unlessStopped(this.keyCame.promise, stopping.signal);
    const keeping = await Keeping.begin(offer, key, into, this.stores, this.notes);
    this.keeping = keeping;
    if (this.notes !== null) this.notes.park = this.parked.secret;
    await this.notes?.begin(offer, key, into !== null);
    this.begun.resolve(keeping);
    this.reach.direct.begin();
  }

  /** Null: none is needed, and none may come. The sender has heard that everything is kept, or hears it by `done`. */
  private async nextPath(): Promise<PathTold | null> {
    for (;;) {
      if (this.keeping!.whole && !this.fresh && !this.passage.away) return null;
      const path = this.told[0];
      if (path !== undefined && this.directOnly.takes(path.kind)) return this.told.shift()!;
      if (path !== undefined) await this.directOnly.look(performance.now());
      await new Promise<void>((resolve) => {
        this.wake = resolve;
        setTimeout(resolve, path !== undefined ? REFUSED_MILLISECONDS : this.ended ? NEXT_PATH_MILLISECONDS : this.broken ? SAY_BROKEN_MILLISECONDS : PARK_MILLISECONDS);
      });
      this.wake = null;
      if ((this.ended || this.broken) && this.told.length === 0) await this.lost();
      if (this.told.length > 0 || !this.passage.away || this.reach.direct.only || !(await this.parked.there())) continue;
      if (this.passage.away) return this.fromPark();
    }
  }

  private fromPark(): PathTold {
    return { kind: "store", stream: new Uint8Array(STREAM_ID_BYTES), manifest: 0, content: 0 };
  }

  /** Reads one path to its end or its break. True when both streams are whole. */
  private async follow(path: PathTold): Promise<boolean> {
    const keeping = this.keeping!;
    this.checkBeginning(path);
    this.opening = new AbortController();
    const signal = AbortSignal.any([this.opening.signal, this.stopping.signal]);
    try {
      if (keeping.whole) {
        await keeping.complete();
        return true;
      }
      const end = await (path.kind === "store" ? this.parked.open(keeping.kept, signal) : this.reach.open(path, signal));
      this.end = end;
      signal.throwIfAborted();
      this.line.moving(end.kind, keeping.kept.bytes);
      const whole = await keeping.take(end, {
        listed: (rows) => { this.line.files(rows); },
        heard: () => { this.passage.heard(); },
        kept: async (bytes) => {
          this.line.at(bytes);
          this.notes?.acked(keeping.kept);
          await this.acknowledge(ACK_BYTES);
        },
      });
      this.ended = !whole;
      return whole;
    } catch (error) {
      if (this.stopping.signal.aborted || !isBreak(error)) throw error;
      this.broken = true;
      await this.lost();
      return false; // the sender asks where, or comes back
    } finally {
      this.end?.abort();
      this.end = null;
    }
  }

  /** A path begins where this side is; a store's may begin before. */
  private checkBeginning({ kind, manifest, content }: PathTold): void {
    const { kept } = this.keeping!;
    const right = kind === "store" ? manifest <= kept.manifest && content <= kept.content : manifest === kept.manifest && content === kept.content;
    if (!right) throw new IntegrityFailed("a path that begins elsewhere", { code: "out_of_order" });
  }

  /** Stops reading; what is under way is kept whole or dropped. */
  private async cut(): Promise<void> {
    this.told.length = 0;
    this.opening.abort(new Away());
    this.end?.abort();
    await this.following.catch(() => undefined);
  }

  /** Nothing more comes the way it came: an ack that moves nothing says so (protocol.md §15.1). */
  private async lost(): Promise<void> {
    this.ended = false;
    if (this.asked || this.keeping === null || this.passage.away) return;
    const { kept } = this.keeping;
    if (kept.manifest !== this.acked.manifest || kept.content !== this.acked.content) await this.sayKept();
    await this.sayKept();
  }

  /** Tells what is kept, if there is at least so much new or the last time is long ago. */
  private async acknowledge(least: number): Promise<void> {
    if (this.keeping === null || this.passage.away) return;
    const { content, bytes } = this.keeping.kept;
    const news = content !== this.acked.content;
    if (!news || (bytes - this.acked.bytes < least && performance.now() - this.acked.at < ACK_MILLISECONDS)) return;
    await this.sayKept();
  }

  private async sayKept(): Promise<void> {
    const { manifest, content, bytes } = this.keeping!.kept;
    this.acked = { manifest, content, bytes, at: performance.now() };
    // An ack that cannot be said means that the link is over, which is told where it happens.
    await this.passage.step((session) => session.ack(this.offer.id, manifest, content, bytes)).catch(() => undefined);
  }
}

function ifBreak(error: unknown): void {
  if (!isBreak(error)) throw error;
}
