/** What the receiver of a transfer of ours holds, as it says itself: after a break, in acks, at the end; never more than was sent. */
import { IntegrityFailed, Interrupted } from "../errors.ts";
import type { Source } from "../files/source.ts";
import type { Ack, Have } from "../protocol/control.ts";
import type { StreamName } from "../wire/frames.ts";
import { RECORD_SIZE } from "../wire/limits.ts";
import { Away, Breaks } from "./breaks.ts";
import type { From } from "./carrying.ts";
import type { Line } from "./ledger.ts";
import type { SendNotes } from "./notes.ts";
import type { Passage } from "./passage.ts";
import type { Sealing } from "./records.ts";
import type { StoreRoad } from "./store_road.ts";
import { Awaited } from "./waiting.ts";

/** A peer that lives is heard of at least every 25 s, or has vanished. */
const HAVE_MILLISECONDS = 40_000;

/** The receiver is there and does not say what it holds. */
export class Unanswered extends Interrupted {}

export class Held {
  /** Held for sure. */
  readonly acknowledged = { manifest: 0, content: 0, bytes: 0 };
  /** Since it last held more. */
  readonly breaks = new Breaks();
  private readonly sealing: Sealing;
  private readonly source: Source;
  private readonly line: Line;
  private readonly passage: Passage;
  private readonly store: StoreRoad;
  private readonly notes: SendNotes | null;
  private readonly handed = { manifest: 0, content: 0, bytes: 0, all: false }; // to the path; nobody can hold more
  private readonly doneCame = new Awaited<void>();
  private haveCame = new Awaited<Have>();
  private asked = false; // a `where` waits for its `have`
  private said = false; // it came, and no path was named since: only one may follow (protocol.md §5.2)
  private claims = false; // it said that it holds everything, which is still looked at
  private early = false; // and done right behind that
  private received = false;

  constructor(sealing: Sealing, source: Source, line: Line, passage: Passage, store: StoreRoad, notes: SendNotes | null) {
    this.sealing = sealing;
    this.source = source;
    this.line = line;
    this.passage = passage;
    this.store = store;
    this.notes = notes;
  }

  /** Everything: what breaks after that is its leaving. */
  get everything(): boolean {
    return this.received;
  }

  /** Resolves when it says done. */
  get done(): Promise<void> {
    return this.doneCame.promise;
  }

  /** All of the content, as records. */
  get records(): number {
    return Math.max(1, Math.ceil(this.source.bytes / RECORD_SIZE));
  }

  // --- what the receiver says ---

  /** False if it was said again without having moved, while something is under way: then the path has broken (protocol.md §15.1). Raises `out_of_order`. */
  acked({ manifest, content, bytes }: Pick<Ack, "manifest" | "content" | "bytes">): boolean {
    const { handed, acknowledged } = this;
    if (manifest > handed.manifest || content > handed.content || bytes > handed.bytes) throw outOfOrder("an ack for what was not sent");
    const still = manifest === acknowledged.manifest && content === acknowledged.content;
    if (still && !this.asked && (manifest < handed.manifest || content < handed.content)) return false;
    this.note({ manifest, content, bytes });
    return true;
  }

  /** Raises `out_of_order` if nobody asked. */
  have(have: Have): void {
    if (!this.asked) throw outOfOrder("nobody asked what they hold");
    this.asked = false;
    this.said = true;
    this.claims = have.content === this.records;
    this.haveCame.resolve(have);
  }

  /** A receiver that says so before the last record left has not got it, whatever it says: raises `out_of_order`. */
  saysDone(): void {
    this.early = !this.handed.all && this.claims;
    if (this.early) return;
    if (!this.handed.all) throw outOfOrder("done before everything was sent");
    this.received = true;
    this.doneCame.resolve();
  }

  /** The receiver does not know it, which is fine before it held anything: then true. */
  unknown(): boolean {
    if (!this.asked || this.acknowledged.manifest > 0) return false;
    this.asked = false;
    this.away();
    return true;
  }

  // --- what this side does ---

  /**
   * Asks what the receiver holds, once until a path is named, and sees that both speak of the same bytes. Raises
   * `Unanswered` after 40 s.
   */
  async ask(): Promise<From> {
    if (!this.asked && !this.said) await this.where();
    const silence = new Promise<never>((_, reject) => setTimeout(reject, HAVE_MILLISECONDS, new Unanswered("", { code: "vanished", retryable: true })));
    const have = await Promise.race([this.haveCame.promise, silence]);
    const { manifest, content, bytes } = have;
    if (manifest > this.sealed("manifest") || content > this.sealed("content")) throw outOfOrder("more than was sent");
    if (!(await this.store.agrees(have))) throw differs();
    await this.notes?.checkBelow(this.sealing, this.source, { manifest, content, bytes });
    Object.assign(this.handed, { manifest, content, bytes, all: content === this.records });
    this.claims = false;
    if (this.early) this.saysDone();
    if (this.passage.resumed) this.line.wentOn(bytes);
    this.note({ manifest, content, bytes });
    return { manifest, content, bytes };
  }

  /** A record leaves for the path. */
  handing(stream: StreamName, index: number, sealed: Uint8Array, bytes: number): void {
    this.notes?.sealed(stream, index, sealed);
    this.handed[stream] = index + 1;
    if (stream === "manifest") return;
    this.handed.bytes += bytes;
    this.handed.all = index + 1 === this.records;
  }

  /** A path is about to be named: what it said it holds is no news from then on. */
  goesOn(): void {
    this.said = false;
  }

  /** All of it can be had from now on, `manifest` records of the list among it. */
  handedAll(manifest: number): void {
    Object.assign(this.handed, { manifest, content: this.records, bytes: this.source.bytes, all: true });
  }

  /** It took everything from the server, which nobody else could. */
  tookAll(): void {
    this.received = true;
  }

  /** The channel is gone: what was asked there is answered in the next. */
  away(): void {
    this.asked = this.said = this.claims = this.early = false;
    this.haveCame.reject(new Away());
  }

  private async where(): Promise<void> {
    this.haveCame = new Awaited();
    this.asked = true;
    try {
      await this.passage.step((session) => session.where(this.sealing.id));
    } catch (error) {
      this.asked = false;
      throw error;
    }
  }

  private sealed(stream: StreamName): number {
    return Math.max(this.sealing.marks.count(stream), this.store.marks?.count(stream) ?? 0);
  }

  private note(held: From): void {
    if (held.content > this.acknowledged.content) this.breaks.moved();
    Object.assign(this.acknowledged, held);
    this.notes?.acked(held);
    const { phase } = this.line.snapshot;
    if (phase !== "parking" && phase !== "parked") this.line.at(held.bytes); // those show what is on the server
  }
}

function outOfOrder(why: string): IntegrityFailed {
  return new IntegrityFailed(why, { code: "out_of_order" });
}

function differs(): IntegrityFailed {
  return new IntegrityFailed("The two sides do not speak of the same bytes.", { code: "content_differs" });
}
