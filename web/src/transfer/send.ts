/** Sends one file set to one receiver: offer, key, then rounds of path and sealed records, until the receiver says done. */
import { Marks, newFileId, newFileKey, type FileKey } from "../crypto_engine.ts";
import { Declined, IntegrityFailed, Interrupted, type PeersealError } from "../errors.ts";
import type { Source } from "../files/source.ts";
import type { Ack, Answer, Have } from "../protocol/control.ts";
import { ManifestWriter } from "../protocol/manifest.ts";
import type { SessionEvent } from "../protocol/session.ts";
import { hexEncode, type Bytes } from "../wire/encoding.ts";
import type { StreamName } from "../wire/frames.ts";
import { manifestRecordSize, RECORD_SIZE, STREAM_ID_BYTES } from "../wire/limits.ts";
import { Away, Breaks, isBreak, streamCut } from "./breaks.ts";
import { Carrying, type From } from "./carrying.ts";
import type { Line } from "./ledger.ts";
import { offerOf, VERSION } from "./offering.ts";
import type { Passage, Roads } from "./passage.ts";
import { recordCount, type Sealing } from "./records.ts";
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

/** Between a break and the next try. */
const PAUSE_MILLISECONDS = 200;

export class Outgoing {
  readonly line: Line;
  readonly source: Source;
  readonly sealing: Sealing;
  /** How much the receiver holds for sure. */
  readonly acknowledged = { manifest: 0, content: 0, bytes: 0 };
  private readonly passage: Passage;
  private readonly roads: Roads;
  readonly notes: SendNotes | null;
  private answerCame = new Awaited<void>();
  private haveCame = new Awaited<Have>();
  private shown = new Awaited<never>(); // breaks what the receiver takes from the server while it is here
  private readonly doneCame = new Awaited<void>();
  private readonly stopping = new AbortController();
  private readonly breaks = new Breaks();
  private readonly handed = { manifest: 0, content: 0, bytes: 0, all: false }; // to the path; nobody can hold more
  private round = new AbortController(); // ends what depends on one channel
  private carrying: Carrying | null = null;
  private readonly store: StoreRoad;
  private wanted = false;
  private agreed: boolean; // the receiver accepted and has the key
  private asked = false; // a `where` waits for its `have`
  private shows = false; // the receiver came back while the park fills, and was told of it
  private received = false; // the receiver said done: what breaks after that is its leaving

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

  // --- what the receiver says ---

  answered(answer: Pick<Answer, "accept" | "code">): void {
    this.wanted = answer.accept;
    if (answer.accept) this.answerCame.resolve();
    else this.stop(new StoppedByPeer("", { code: answer.code ?? "declined" }));
  }

  acked({ manifest, content, bytes }: Pick<Ack, "manifest" | "content" | "bytes">): void {
    const { handed } = this;
    if (manifest > handed.manifest || content > handed.content || bytes > handed.bytes) {
      this.stop(outOfOrder("an ack for what was not sent"));
      return;
    }
    const { acknowledged } = this;
    const still = manifest === acknowledged.manifest && content === acknowledged.content;
    if (still && !this.asked && (manifest < handed.manifest || content < handed.content)) return this.lost();
    this.holds({ manifest, content, bytes });
    this.carrying?.acked(content);
  }

  /** Descriptions and addresses for direct paths. */
  heard(event: SessionEvent): Promise<void> {
    return this.roads.heard(event);
  }

  have(have: Have): void {
    if (!this.asked) return this.stop(outOfOrder("nobody asked what they hold"));
    this.asked = false;
    this.haveCame.resolve(have);
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

  /** The receiver does not know it. Before it held anything it may be offered again. */
  unknown(): boolean {
    if (!this.asked || this.acknowledged.manifest > 0) return false;
    this.asked = this.agreed = false;
    this.haveCame.reject(new Away());
    return true;
  }

  // --- what happens to it ---

  /** Everything the receiver lacks goes to the server now. */
  leaveOnServer(): void {
    if (!this.accepted || this.store.whole) return;
    this.store.wish();
    this.carrying?.cut(new Away());
  }

  /** Said again without having moved, while something is under way: to the receiver the path has broken (protocol.md §15.1). */
  private lost(): void {
    const error = new Interrupted("Nothing more arrives there.", { retryable: true });
    this.carrying?.cut(error);
    this.shown.reject(error);
  }

  /** The channel is gone: what is under way in it ends, and goes on in the next. `left`: the receiver said goodbye. */
  away(left = false): void {
    if (left) this.store.wish();
    this.round.abort(new Away());
    this.haveCame.reject(new Away());
    this.answerCame.reject(new Away());
    this.carrying?.cut(new Away());
  }

  /** Ends it where it stands; `run` raises this. */
  stop(error: PeersealError): void {
    if (this.received) return;
    this.stopping.abort(error);
    this.carrying?.cut(error);
  }

  /** Returns when the receiver holds everything. */
  async run(): Promise<void> {
    let unwanted = false; // somebody gave it up: nothing of it is left on the server
    try {
      const through = this.through();
      through.catch(() => undefined);
      // Done may come while the path is still closing, and the receiver may leave right after it.
      await unlessStopped(Promise.race([through, this.doneCame.promise]), this.stopping.signal);
    } catch (error) {
      const reason = await betterReason(error, this.stopping.signal);
      unwanted = reason instanceof Declined;
      if (!this.received) throw reason;
    } finally {
      this.carrying?.cut(new Away());
      this.roads.close();
      this.store.close(new Away(), this.received || unwanted);
    }
    this.line.done(null);
  }

  // --- inside ---

  private async through(): Promise<void> {
    const { signal } = this.stopping;
    for (;;) {
      signal.throwIfAborted();
      if (this.passage.away && (await this.outOfReach())) return;
      try {
        if (this.store.wanted) await this.parkBeside();
        if (this.received) return;
        this.round = new AbortController();
        await this.inChannel();
        return;
      } catch (error) {
        if (this.received) return;
        if (signal.aborted || !isBreak(error)) throw error;
        await this.broke(error);
      }
    }
  }

  /** Waits for the other side, and parks what it lacks if that takes long. True if it has taken everything from there. */
  private async outOfReach(): Promise<boolean> {
    const { signal } = this.stopping;
    const back = this.passage.here().then(() => "back" as const);
    while (this.passage.away) {
      if (!this.store.whole) this.line.waits();
      const next = this.store.whole ? this.store.taken().then(() => "taken" as const) : this.store.time().then(() => "time" as const);
      next.catch(() => undefined);
      const what = await unlessStopped(Promise.race([back, next]), signal);
      if (what === "taken") return true;
      if (what === "time" && this.passage.away && (await this.parkAlone())) return true;
    }
    await unlessStopped(back, signal);
    return false;
  }

  /** `begun` is called when the park is there, before anything is in it. */
  private async park(begun?: () => Promise<void>): Promise<void> {
    if (!(await unlessStopped(this.store.leave({ ...this.acknowledged }, begun), this.stopping.signal))) return;
    await this.notes?.ended(false); // from here on nothing of it needs this page
  }

  /** Nobody is there. Who comes back meanwhile takes what is on the server already: true once they have everything. */
  private async parkAlone(): Promise<boolean> {
    const begun = new Awaited<void>();
    const over = new AbortController();
    const ends = AbortSignal.any([over.signal, this.stopping.signal]);
    this.showGrowing(begun.promise, ends).catch((error: unknown) => { this.stopping.abort(error); }); // they do not speak of the same bytes
    try {
      await this.park(() => { begun.resolve(); return Promise.resolve(); });
      if (this.store.whole && this.shows) await unlessStopped(this.takenThere(), AbortSignal.any([this.round.signal, this.stopping.signal]));
    } catch (error) {
      if (this.stopping.signal.aborted || !isBreak(error)) throw error;
    } finally {
      over.abort(new Away());
    }
    return this.received;
  }

  /** Names the park, which still fills, in each channel that comes to stand, until the signal. */
  private async showGrowing(begun: Promise<void>, signal: AbortSignal): Promise<void> {
    this.shows = false;
    await unlessStopped(begun, signal).catch(() => undefined);
    while (!signal.aborted) {
      try {
        await unlessStopped(this.passage.here(), signal);
        this.round = new AbortController();
        const gone = this.round.signal;
        const from = await unlessStopped(this.ask(), AbortSignal.any([gone, signal]));
        this.shown = new Awaited();
        await this.namePark(from);
        this.shows = true;
        await unlessStopped(this.shown.promise, AbortSignal.any([gone, signal])); // it broke for them: asked and named again
      } catch (error) {
        this.shows = false;
        if (signal.aborted || !this.agreed) return;
        if (!isBreak(error)) throw error;
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MILLISECONDS));
      }
    }
  }

  /** The receiver is here: it says what it holds, and takes the rest from the server while that still comes there. */
  private async parkBeside(): Promise<void> {
    this.round = new AbortController();
    let from: From;
    try {
      from = await unlessStopped(this.ask(), AbortSignal.any([this.round.signal, this.stopping.signal]));
    } catch (error) {
      if (this.stopping.signal.aborted || !isBreak(error)) throw error;
      if (this.agreed) await this.park(); // gone meanwhile: it finds the park by itself
      return;
    }
    await this.parkFrom(from);
  }

  private async parkFrom(from: From): Promise<void> {
    const { signal } = this.round;
    await this.park(async () => {
      this.shown = new Awaited();
      await this.namePark(from).catch((error: unknown) => {
        if (!isBreak(error)) throw error;
      });
    });
    if (this.store.whole && !signal.aborted) await unlessStopped(this.takenThere(), signal);
  }

  /** The receiver is here, and everything it lacks is on the server: it is told so, and takes it from there. */
  private async showPark(from: From): Promise<void> {
    this.shown = new Awaited();
    await this.namePark(from);
    await this.takenThere();
  }

  /** Everything may be taken from the park from now on. */
  private async namePark({ manifest, content }: From): Promise<void> {
    const list = new ManifestWriter(false, RECORD_SIZE).entries(this.source.entries);
    const listed = Math.max(manifest, recordCount(list.length, manifestRecordSize(RECORD_SIZE)));
    Object.assign(this.handed, { manifest: listed, content: this.contentRecords, bytes: this.source.bytes, all: true });
    await this.passage.step((session) => session.path(this.id, "store", new Uint8Array(STREAM_ID_BYTES), manifest, content));
  }

  private async takenThere(): Promise<void> {
    await Promise.race([this.doneCame.promise, this.store.taken(), this.shown.promise]);
    this.received = true;
  }

  /** Everything that happens between two breaks. */
  private async inChannel(): Promise<void> {
    const { signal } = this.round;
    let from: From = { manifest: 0, content: 0, bytes: 0 };
    if (this.agreed) from = await unlessStopped(this.ask(), signal);
    else await unlessStopped(this.agree(), signal);
    if (this.store.wanted && from.manifest === 0) { // said before anything was sent: nobody need be asked
      await this.parkFrom(from);
      if (this.received) return;
      throw new Away();
    }
    if (this.store.whole) return unlessStopped(this.showPark(from), signal);
    const { sealing, source, passage, roads } = this;
    const carrying = new Carrying(sealing, source, passage, roads, this.line, this.handing.bind(this), signal);
    this.carrying = carrying;
    try {
      const carried = carrying.run(from).then(() => this.doneCame.promise);
      carried.catch(() => undefined);
      await unlessStopped(Promise.race([carried, this.doneCame.promise]), AbortSignal.any([signal, this.stopping.signal]));
    } finally {
      carrying.cut(new Away());
      await carrying.settled(); // what it still seals must not follow what the next one seals
    }
  }

  /** A path broke within its channel: a moment, then the next try. */
  private async broke(error: unknown): Promise<void> {
    if (error instanceof Away) return;
    // A direct path that breaks leaves the relay, which counts for itself.
    if (this.line.snapshot.path !== "direct" && this.breaks.tooMany(performance.now())) throw streamCut();
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

  /** Asks what the receiver holds, and sees that both speak of the same bytes. */
  private async ask(): Promise<From> {
    this.haveCame = new Awaited();
    this.asked = true;
    await this.passage.step((session) => session.where(this.id));
    const have = await this.haveCame.promise;
    const { manifest, content, bytes } = have;
    const { marks } = this.sealing;
    const most = { manifest: Math.max(marks.count("manifest"), this.store.marks?.count("manifest") ?? 0), content: Math.max(marks.count("content"), this.store.marks?.count("content") ?? 0) };
    if (manifest > most.manifest || content > most.content) throw outOfOrder("more than was sent");
    if (!(await this.store.agrees(have))) throw differs();
    await this.notes?.checkBelow(this.sealing, this.source, { manifest, content, bytes });
    Object.assign(this.handed, { manifest, content, bytes, all: content === this.contentRecords });
    if (this.passage.resumed) this.line.wentOn(bytes);
    this.holds({ manifest, content, bytes });
    return { manifest, content, bytes };
  }

  private get contentRecords(): number {
    return Math.max(1, Math.ceil(this.source.bytes / RECORD_SIZE));
  }

  private holds(held: From): void {
    if (held.content > this.acknowledged.content) this.breaks.moved();
    Object.assign(this.acknowledged, held);
    this.notes?.acked(held);
    const { phase } = this.line.snapshot;
    if (phase !== "parking" && phase !== "parked") this.line.at(held.bytes); // those show what is on the server
  }

  private handing(stream: StreamName, index: number, sealed: Uint8Array, bytes: number): void {
    this.notes?.sealed(stream, index, sealed);
    this.handed[stream] = index + 1;
    if (stream === "manifest") return;
    this.handed.bytes += bytes;
    this.handed.all = index + 1 === this.contentRecords;
  }
}

function outOfOrder(why: string): IntegrityFailed {
  return new IntegrityFailed(why, { code: "out_of_order" });
}

function differs(): IntegrityFailed {
  return new IntegrityFailed("The two sides do not speak of the same bytes.", { code: "content_differs" });
}
