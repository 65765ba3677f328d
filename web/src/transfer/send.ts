/** Sends one file set to one receiver: offer, key, then rounds of path and sealed records, until the receiver says done. */
import { Marks, newFileId, newFileKey, type FileKey } from "../crypto_engine.ts";
import { Declined, Interrupted, type PeersealError } from "../errors.ts";
import type { Source } from "../files/source.ts";
import type { Ack, Answer, Have } from "../protocol/control.ts";
import type { SessionEvent } from "../protocol/session.ts";
import { hexEncode, type Bytes } from "../wire/encoding.ts";
import { RECORD_SIZE } from "../wire/limits.ts";
import { Leaving } from "./away.ts";
import { Away, isBreak, PAUSE_MILLISECONDS, streamCut } from "./breaks.ts";
import { Carrying, type From, type Naming } from "./carrying.ts";
import { Held, Unanswered } from "./held.ts";
import type { Line } from "./ledger.ts";
import { offerOf, VERSION } from "./offering.ts";
import type { Passage, Roads } from "./passage.ts";
import type { Sealing } from "./records.ts";
import type { SendNotes } from "./notes.ts";
import { StoreRoad, type BegunPark } from "./store_road.ts";
import { StoppedByPeer } from "./theirs.ts";
import { Awaited, betterReason, unlessStopped } from "./waiting.ts";

/** A transfer that began earlier: its name, key and what was sealed. */
export interface Begun {
  readonly id: Bytes;
  readonly key: FileKey;
  readonly marks: Marks;
  readonly park: BegunPark | null;
}

export class Outgoing {
  readonly line: Line;
  readonly source: Source;
  readonly sealing: Sealing;
  readonly notes: SendNotes | null;
  private readonly passage: Passage;
  private readonly roads: Roads;
  private readonly store: StoreRoad;
  private readonly held: Held;
  private readonly leaving: Leaving;
  private readonly stopping = new AbortController();
  private answerCame = new Awaited<void>();
  private round = new AbortController(); // ends what depends on one channel
  private carrying: Carrying | null = null;
  private wanted = false;
  private alone = false; // there will be no other channel, and none is needed: all of it lies on the server
  private agreed: boolean; // the receiver accepted and has the key

  /** `begun`: it goes on in a resumed channel. */
  constructor(line: Line, source: Source, passage: Passage, roads: (id: Bytes) => Roads, notes: SendNotes | null = null, begun: Begun | null = null, base: string | null = null) {
    this.line = line;
    this.source = source;
    this.passage = passage;
    this.notes = notes;
    const { id = newFileId(), key = newFileKey(), marks = new Marks() } = begun ?? {};
    this.sealing = { id, key, marks, version: VERSION, recordSize: RECORD_SIZE };
    this.agreed = begun !== null;
    this.roads = roads(id);
    this.store = new StoreRoad(base, this.sealing, source, line, notes?.park ?? null, notes, begun?.park ?? null);
    this.held = new Held(this.sealing, source, line, passage, this.store, notes);
    this.leaving = new Leaving({ id, source, line, passage, store: this.store, held: this.held, notes, stopping: this.stopping, keyed: () => this.agreed });
  }

  get id(): Bytes {
    return this.sealing.id;
  }

  get name(): string {
    return hexEncode(this.id);
  }

  /** The receiver has the key: this can go on without the person. */
  get keyed(): boolean {
    return this.agreed;
  }

  /** The receiver wants it: both go on with it in another channel. */
  get accepted(): boolean {
    return this.agreed || this.wanted;
  }

  /** Everything the receiver lacks is on the server: it can be taken without this side. */
  get lies(): boolean {
    return this.store.whole;
  }

  // --- what the receiver says ---

  answered(answer: Pick<Answer, "accept" | "code">): void {
    this.wanted = answer.accept;
    if (answer.accept) this.answerCame.resolve();
    else this.stop(new StoppedByPeer("", { code: answer.code ?? "declined" }));
  }

  acked(ack: Pick<Ack, "manifest" | "content" | "bytes">): void {
    this.unlessWrong(() => {
      if (this.held.acked(ack)) this.carrying?.acked(ack.content);
      else this.lost();
    });
  }

  /** Descriptions and addresses for direct paths. */
  heard(event: SessionEvent): Promise<void> {
    return this.roads.heard(event);
  }

  have(have: Have): void {
    this.unlessWrong(() => { this.held.have(have); });
  }

  /** It says that it has everything. */
  done(): void {
    this.unlessWrong(() => { this.held.saysDone(); });
  }

  /** The receiver does not know it. Before it held anything it may be offered again. */
  unknown(): boolean {
    if (!this.held.unknown()) return false;
    this.agreed = false;
    return true;
  }

  // --- what happens to it ---

  /** Everything the receiver lacks goes to the server now. */
  leaveOnServer(): void {
    if (!this.accepted || this.store.whole) return;
    this.store.wish();
    this.carrying?.cut(new Away());
  }

  /** To the receiver the path has broken. */
  private lost(): void {
    const error = new Interrupted("Nothing more arrives there.", { retryable: true });
    this.carrying?.cut(error);
    this.leaving.lost(error);
  }

  /** The channel is gone: what is under way in it ends, and goes on in the next. `left`: the receiver said goodbye. */
  away(left = false): void {
    if (left) this.store.wish();
    this.round.abort(new Away());
    this.leaving.away();
    this.held.away();
    this.answerCame.reject(new Away());
    this.carrying?.cut(new Away());
  }

  /** No link will be there again, which takes nothing from what lies on the server: that is waited for, or taken back. */
  leftAlone(): void {
    if (this.held.everything) return;
    this.alone = true;
    this.store.lies();
    this.line.withdraw = () => { this.stop(new Declined("", { code: "cancelled" })); };
    this.away();
  }

  /** Ends it where it stands; `run` raises this. */
  stop(error: PeersealError): void {
    if (this.held.everything) return;
    this.stopping.abort(error);
    this.carrying?.cut(error);
  }

  /** Returns when the receiver holds everything. */
  async run(): Promise<void> {
    let unwanted = false; // somebody gave it up: nothing of it is left on the server
    try {
      const through = this.toTheEnd();
      through.catch(() => undefined);
      // Done may come while the path is still closing, and the receiver may leave right after it.
      await unlessStopped(Promise.race([through, this.held.done]), this.stopping.signal);
    } catch (error) {
      const reason = await betterReason(error, this.stopping.signal);
      unwanted = reason instanceof Declined;
      if (!this.held.everything) throw reason;
    } finally {
      this.carrying?.cut(new Away());
      this.roads.close();
      this.store.close(new Away(), this.held.everything || unwanted);
    }
    this.line.done(null);
  }

  // --- inside ---

  /** With the other side as long as there is a link, then without. */
  private async toTheEnd(): Promise<void> {
    try {
      await this.through();
    } catch (error) {
      if (!this.alone || this.stopping.signal.aborted) throw error;
      await this.store.taken();
    }
  }

  private async through(): Promise<void> {
    const { signal } = this.stopping;
    for (;;) {
      signal.throwIfAborted();
      if (this.alone) throw new Away();
      if (this.passage.away && (await this.leaving.outOfReach())) return;
      try {
        if (this.store.wanted) await this.leaving.beside();
        if (this.held.everything) return;
        this.round = new AbortController();
        await this.inChannel();
        return;
      } catch (error) {
        if (this.held.everything) return;
        if (signal.aborted || !isBreak(error)) throw error;
        await this.broke(error);
      }
    }
  }

  /** Everything that happens between two breaks. */
  private async inChannel(): Promise<void> {
    const { signal } = this.round;
    let from: From = { manifest: 0, content: 0, bytes: 0 };
    if (this.agreed) from = await unlessStopped(this.held.ask(), signal);
    else await unlessStopped(this.agree(), signal);
    if (this.store.wanted && from.manifest === 0) { // said before anything was sent: nobody need be asked
      await this.leaving.from(from, signal);
      if (this.held.everything) return;
      throw new Away();
    }
    if (this.store.whole) return unlessStopped(this.leaving.show(from), signal);
    const { sealing, source, roads, held } = this;
    const carrying = new Carrying(sealing, source, this.naming, roads, this.line, held.handing.bind(held), signal);
    this.carrying = carrying;
    try {
      const carried = carrying.run(from).then(() => this.held.done);
      carried.catch(() => undefined);
      await unlessStopped(Promise.race([carried, this.held.done]), AbortSignal.any([signal, this.stopping.signal]));
    } finally {
      carrying.cut(new Away());
      await carrying.settled(); // what it still seals must not follow what the next one seals
    }
  }

  private readonly naming: Naming = ({ kind, stream }, { manifest, content }) => {
    this.held.goesOn();
    return this.passage.step((session) => session.path(this.id, kind, stream, manifest, content));
  };

  /** A path broke within its channel: a moment, then the next try. */
  private async broke(error: unknown): Promise<void> {
    if (error instanceof Away) return;
    if (error instanceof Unanswered && !this.store.whole) throw error; // what is on the server may still be taken
    // A direct path that breaks leaves the relay, which counts for itself.
    if (this.line.snapshot.path !== "direct" && this.held.breaks.tooMany(performance.now())) throw streamCut();
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MILLISECONDS));
  }

  /** Offers, waits for the answer, gives the key. */
  private async agree(): Promise<void> {
    this.answerCame = new Awaited();
    this.line.set({ phase: "asking" });
    const { id, key } = this.sealing;
    const offer = await offerOf(this.source, id, key, false);
    await this.passage.step((session) => session.offer(offer));
    await this.answerCame.promise;
    this.line.set({ phase: "moving" });
    const secret = await this.passage.parkSecret(id, VERSION); // of the channel that carries the key
    await this.passage.step((session) => session.fileKey(id, key));
    this.agreed = true;
    this.store.secret = secret;
    if (this.notes !== null) this.notes.park = secret;
    await this.notes?.begin(this.sealing, this.source);
  }

  /** A receiver that contradicts what was sent ends it. */
  private unlessWrong(take: () => void): void {
    try {
      take();
    } catch (error) {
      this.stop(error as PeersealError);
    }
  }
}
