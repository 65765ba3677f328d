/** The transfers of two people: ours one after the other, theirs as they are accepted, each to its end, from channel to channel. */
import { parkSecret, randomBytes, type FileKey, type ParkSecret } from "../crypto_engine.ts";
import { Declined, Interrupted, PeersealError } from "../errors.ts";
import type { Source } from "../files/source.ts";
import type { StoreKind } from "../files/stores.ts";
import type { DescriptionFields, IceCandidate, Offer } from "../protocol/control.ts";
import type { Session, SessionEvent } from "../protocol/session.ts";
import type { DirectPaths, DirectRole, DirectVoice } from "../transport/direct.ts";
import type { ReceiveEnd, SendEnd } from "../transport/transport.ts";
import { hexEncode, type Bytes } from "../wire/encoding.ts";
import { Away } from "./breaks.ts";
import type { Bond } from "./comeback.ts";
import type { FromWorker, SaveInto } from "./bridge.ts";
import { Share, type FanOut } from "./fan_out.ts";
import { DirectReach } from "./direct_reach.ts";
import { DirectRoads, type Direct } from "./direct_road.ts";
import type { Journals } from "./journals.ts";
import type { Keeping } from "./keeping.ts";
import type { Ledger, Line } from "./ledger.ts";
import type { Link } from "./link.ts";
import { ReceiveNotes, SendNotes } from "./notes.ts";
import type { Passage, Roads } from "./passage.ts";
import { problem, problemOf } from "./problem.ts";
import { Incoming, type Reach } from "./receive.ts";
import type { Route } from "./state.ts";
import { Outgoing, type Begun } from "./send.ts";
import { StoppedByPeer, theirProblem } from "./theirs.ts";
import { title } from "./titles.ts";
import { Awaited } from "./waiting.ts";

/** A person answers offers one by one: more than these in a minute are not meant for one. */
const OFFERS_MOST = 30;
const OFFERS_MILLISECONDS = 60_000;

/** Opens the ends of a link's streams. */
export interface Paths {
  send(link: Link, stream: Bytes, signal: AbortSignal): Promise<SendEnd>;
  receive(link: Link, stream: Bytes, signal: AbortSignal): Promise<ReceiveEnd>;
  /** A connection past the server; null where there can be none. */
  direct(link: Link, role: DirectRole, voice: DirectVoice): Promise<DirectPaths | null>;
  /** The person's choice. */
  readonly route: Route;
  /** The page's address, for what the server parks; null where it does not. */
  readonly base: string | null;
}

/** Where transfers are written down, and what of the link both need to meet again. */
export interface Desk {
  readonly journals: Journals | null;
  bond(): Bond | null;
  /** A transfer is over for now, and can be gone on with later; `source`: what it reads from. */
  interrupted(line: Line, source: Source | null): void;
}

export class Courier implements Passage {
  private link: Link;
  private readonly ledger: Ledger;
  private readonly stores: StoreKind;
  private readonly paths: Paths;
  private readonly desk: Desk;
  private readonly post: (message: FromWorker) => void;
  private readonly queue: Outgoing[] = [];
  private readonly incoming = new Map<string, Incoming>();
  private readonly finished = new Map<string, Incoming>(); // all here; whether the sender heard so is not known
  private readonly refused = new Map<string, string>(); // ended here, with this code
  private offers: number[] = []; // when the last ones came
  private sending: Outgoing | null = null;
  private share: { readonly name: string; readonly part: Share } | null = null; // of one that others get too
  private cleared = false;
  private over = false;
  private broken = false; // the link is gone, and another may come in its place
  private standing = new Awaited<void>(); // a link stands

  constructor(link: Link, ledger: Ledger, stores: StoreKind, paths: Paths, desk: Desk, post: (message: FromWorker) => void) {
    this.desk = desk;
    this.link = link;
    this.ledger = ledger;
    this.stores = stores;
    this.paths = paths;
    this.post = post;
    this.standing.resolve();
  }

  // --- the channel under it ---

  get away(): boolean {
    return this.broken;
  }

  get resumed(): boolean {
    return this.link.resumed;
  }

  here(): Promise<void> {
    return this.standing.promise;
  }

  async step(step: (session: Session) => Promise<void>): Promise<void> {
    const { link } = this;
    if (this.broken) throw new Away();
    try {
      await link.step(step);
    } catch (error) {
      if (this.broken || link !== this.link || link.over) throw new Away();
      throw error;
    }
  }

  async parkSecret(id: Bytes, version: number): Promise<ParkSecret> {
    return parkSecret(await this.link.export("park"), id, version);
  }

  heard(): void {
    this.link.heard();
  }

  openSend(stream: Bytes, signal: AbortSignal): Promise<SendEnd> {
    return this.broken ? Promise.reject(new Away()) : this.paths.send(this.link, stream, signal);
  }

  openReceive(stream: Bytes, signal: AbortSignal): Promise<ReceiveEnd> {
    return this.broken ? Promise.reject(new Away()) : this.paths.receive(this.link, stream, signal);
  }

  /** Something is under way that another channel can go on with: the receiver said yes. */
  get unfinished(): boolean {
    const going = [this.sending, ...this.incoming.values()].filter((one) => one !== null);
    return !this.over && going.some(({ line, accepted }) => accepted && !line.over);
  }

  /** Nothing but the other side is waited for: nothing moves, and nothing goes to the server or lies there for them. */
  get idle(): boolean {
    const lines = [this.sending?.line, ...[...this.incoming.values()].map(({ line }) => line)].filter((line) => line?.over === false);
    return lines.every((line) => line!.snapshot.phase === "reconnecting" || line!.snapshot.phase === "asked");
  }

  /** Something moves, or waits to move again. */
  get busy(): boolean {
    const lines = [this.sending?.line, ...[...this.incoming.values()].map(({ line }) => line)];
    return lines.some((line) => line?.snapshot.phase === "moving" || line?.snapshot.phase === "reconnecting");
  }

  /** The link is gone, and another may come in its place. `code`: how it ended. */
  leave(code: string): void {
    if (this.over || this.broken) return;
    this.broken = true;
    this.standing = new Awaited();
    this.sending?.away(code === "disconnected");
    for (const incoming of this.incoming.values()) incoming.away();
  }

  /** Both met again. */
  back(link: Link): void {
    this.link = link;
    this.broken = false;
    this.standing.resolve();
  }

  // --- what its person and the peer do ---

  /** The peer is known well enough to be sent something: queued transfers go. */
  clear(): void {
    this.cleared = true;
    void this.next();
  }

  send(line: Line, source: Source): void {
    const notes = new SendNotes(this.desk.journals, line, () => this.desk.bond());
    this.queue.push(new Outgoing(line, source, this, (id) => this.roads(id, source), notes, null, this.paths.base));
    void this.next();
  }

  /** One of several receivers; true once they have the key. */
  async give(fan: FanOut): Promise<boolean> {
    const part = new Share();
    this.share = { name: fan.name, part };
    return fan.give(this, part);
  }

  /** One of an earlier visit, or of earlier in this one. */
  resumeSend(line: Line, source: Source, begun: Begun, notes: SendNotes): void {
    this.queue.push(new Outgoing(line, source, this, (id) => this.roads(id, source), notes, begun, this.paths.base));
    void this.next();
  }

  /** As `resumeSend`, of theirs. */
  resumeReceive(line: Line, offer: Offer, keeping: Keeping, notes: ReceiveNotes): void {
    const incoming = new Incoming(line, offer, this, this.stores, this.reach(offer), notes, keeping);
    this.incoming.set(incoming.name, incoming);
    void this.receive(incoming, null);
  }

  /** Hears what the session says about transfers. */
  async hear(event: SessionEvent): Promise<void> {
    switch (event.event) {
      case "offer":
        await this.offered(event.offer);
        break;
      case "answer":
        if (this.share?.name === hexEncode(event.id)) this.share.part.answer.resolve(event.accept);
        this.sent(event.id)?.answered(event);
        break;
      case "ack":
        this.sent(event.ack.id)?.acked(event.ack);
        break;
      case "done":
        this.sent(event.id)?.done();
        break;
      case "key":
        await this.keyArrived(event.id, event.key);
        break;
      case "path":
        if (this.finished.has(hexEncode(event.id))) await this.step((session) => session.done(event.id)).catch(() => undefined);
        else this.incoming.get(hexEncode(event.id))?.pathArrived(event);
        break;
      case "where":
        await this.whereAsked(event.id);
        break;
      case "description":
        await this.direct(event.description.id, event);
        break;
      case "ice":
        await this.direct(event.ice.id, event);
        break;
      case "candidates":
        await this.direct(event.candidates.id, event);
        break;
      case "have":
        this.sent(event.have.id)?.have(event.have);
        break;
      case "cancelled":
        this.cancelled(event.id, event.code);
        break;
      default:
        break;
    }
  }

  /** This side's person answers an offer. */
  async answer(transfer: string, accept: boolean, into: SaveInto | null): Promise<void> {
    const incoming = this.byLine(transfer);
    if (incoming?.line.snapshot.phase !== "asked") return;
    if (!accept) {
      this.forget(incoming);
      incoming.line.ended("declined", null);
      await this.say(incoming.offer.id, "declined");
      return;
    }
    const refusal = await incoming.refusal(into);
    if (refusal !== null) {
      this.forget(incoming);
      incoming.line.ended("failed", problemOf(refusal));
      await this.say(incoming.offer.id, refusal.code);
      return;
    }
    incoming.line.set({ phase: "moving" });
    void this.receive(incoming, into);
  }

  /** What the receiver lacks goes to the server, so that this page may be closed. */
  leaveOnServer(transfer: string): void {
    if (this.sending?.line.id === transfer) this.sending.leaveOnServer();
  }

  /** This side's person stops a transfer, whichever way it goes. */
  async cancel(transfer: string): Promise<void> {
    const stop = new Declined("", { code: "cancelled" });
    const waiting = this.queue.findIndex(({ line }) => line.id === transfer);
    if (waiting >= 0) this.queue.splice(waiting, 1)[0]!.line.ended("cancelled", null);
    if (this.sending?.line.id === transfer) this.sending.stop(stop);
    const incoming = this.byLine(transfer);
    if (incoming?.line.snapshot.phase === "asked") await this.answer(transfer, false, null);
    else incoming?.stop(stop);
  }

  /** The link is gone: everything that is not over ends with this code. */
  stop(code: string): void {
    if (this.over) return;
    this.over = true;
    const error = new Interrupted("", { code, retryable: true });
    this.standing.reject(error);
    this.share?.part.answer.resolve(false);
    this.sending?.stop(error);
    for (const { line } of this.queue.splice(0)) line.ended("failed", problem(code, "interrupted"));
    for (const incoming of this.incoming.values()) {
      if (incoming.line.snapshot.phase === "asked") incoming.line.ended("cancelled", problem(code, "interrupted"));
      incoming.stop(error);
    }
  }

  private async next(): Promise<void> {
    if (!this.cleared || this.sending !== null || this.over) return;
    const outgoing = this.queue.shift();
    if (outgoing === undefined) return;
    this.sending = outgoing;
    outgoing.line.set({ verified: this.isVerified });
    try {
      await outgoing.run();
      await outgoing.notes?.ended(false);
    } catch (error) {
      const stays = error instanceof Interrupted && outgoing.keyed;
      await outgoing.notes?.ended(stays);
      this.ended(outgoing.line, error);
      if (stays) this.desk.interrupted(outgoing.line, outgoing.source);
      await this.say(outgoing.id, codeOf(error));
    }
    this.sending = null;
    void this.next();
  }

  private async keyArrived(id: Bytes, key: FileKey): Promise<void> {
    const incoming = this.incoming.get(hexEncode(id));
    if (incoming === undefined) return;
    incoming.keyArrived(key, await this.parkSecret(id, incoming.offer.version));
  }

  private async direct(id: Bytes, event: SessionEvent): Promise<void> {
    this.incoming.get(hexEncode(id))?.heard(event);
    await this.sent(id)?.heard(event);
  }

  private roads(id: Bytes, source: Source): Roads {
    return new DirectRoads(this, id, source.bytes, () => this.paths.route, this.makeDirect);
  }

  private reach(offer: Offer): Reach {
    const direct = new DirectReach(offer.id, offer.bytes, () => this.paths.route, this.makeDirect);
    return {
      direct,
      base: this.paths.base,
      open: (path, signal) => (path.kind === "direct" ? direct.open(path.stream, signal) : this.openReceive(path.stream, signal)),
    };
  }

  private readonly makeDirect: Direct = async (id, role) => {
    const say = (step: (session: Session) => Promise<void>): void => void this.step(step).catch(() => undefined);
    const voice = {
      description: (description: DescriptionFields): void => { say((session) => session.description(id, description)); },
      ice: (candidates: readonly IceCandidate[]): void => { say((session) => session.ice(id, candidates)); },
    };
    return this.broken ? null : this.paths.direct(this.link, role, voice).catch(() => null);
  };

  /** Tells what is kept of a transfer, if there is one; one that is all here already is known until the link ends. */
  private async whereAsked(id: Bytes): Promise<void> {
    const incoming = this.incoming.get(hexEncode(id)) ?? this.finished.get(hexEncode(id));
    if (incoming?.given !== true) {
      const code = this.refused.get(hexEncode(id)) ?? "not_found";
      await this.step((session) => session.cancel(id, code)).catch(() => undefined);
      return;
    }
    await incoming.whereAsked().catch((error: unknown) => {
      if (!(error instanceof PeersealError)) throw error;
    });
  }

  private async offered(offer: Offer): Promise<void> {
    const known = this.incoming.get(hexEncode(offer.id));
    if (known !== undefined && !known.line.over) {
      // The sender did not hear the answer, or there was none yet: the row of before goes on.
      if (known.line.snapshot.phase !== "asked") await known.answerAgain().catch(() => undefined);
      return;
    }
    const refused = this.refused.get(hexEncode(offer.id));
    if (refused !== undefined) {
      await this.step((session) => session.answer(offer.id, false, refused)).catch(() => undefined);
      return;
    }
    if (this.tooManyOffers()) {
      await this.step((session) => session.answer(offer.id, false, "busy")).catch(() => undefined);
      return;
    }
    const line = this.ledger.open({
      id: hexEncode(randomBytes(16)),
      direction: "receive",
      peer: this.link.peer,
      verified: this.isVerified,
      phase: "asked",
      title: offer.text ? "A message" : title(offer.preview, offer.files),
      fileCount: offer.files,
      total: offer.bytes,
      text: null,
    });
    line.files(offer.preview.map((entry) => ({ ...entry, done: 0 })));
    const incoming = new Incoming(line, offer, this, this.stores, this.reach(offer), new ReceiveNotes(this.desk.journals, line, () => this.desk.bond()));
    this.incoming.set(incoming.name, incoming);
    // What cannot be kept here is said before anybody presses Accept; a folder the person picks may still have room.
    const refusal = await incoming.refusal(null);
    if (refusal !== null && line.snapshot.phase === "asked") line.set({ problem: problemOf(refusal) });
  }

  private tooManyOffers(): boolean {
    const now = performance.now();
    this.offers = this.offers.filter((at) => now - at < OFFERS_MILLISECONDS);
    if (this.offers.length >= OFFERS_MOST) return true;
    this.offers.push(now);
    return false;
  }

  private async receive(incoming: Incoming, into: SaveInto | null): Promise<void> {
    const { line, offer } = incoming;
    try {
      const { downloads, text } = await incoming.run(into);
      for (const { name, blob } of downloads) this.post({ type: "save", name, blob });
      this.finished.set(incoming.name, incoming);
      await this.step((session) => session.done(offer.id)).catch(() => undefined); // it is here, whoever hears it
      line.done(text);
      await incoming.notes?.ended(false, true);
    } catch (error) {
      // The browser's own estimate said that there is room, or this had not begun.
      if (into === null && codeOf(error) === "no_space") line.ended("failed", problem("no_space_after_all"));
      else this.ended(line, error);
      const stays = error instanceof Interrupted && (incoming.keeping?.kept.content ?? 0) > 0;
      await incoming.notes?.ended(stays);
      if (stays) this.desk.interrupted(line, null);
      else this.refused.set(incoming.name, codeOf(error)); // the sender may not have heard it
      await this.say(offer.id, codeOf(error));
    }
    this.forget(incoming);
  }

  private cancelled(id: Bytes | null, code: string): void {
    const name = id === null ? null : hexEncode(id);
    if (code === "not_found" && name !== null && this.sending?.name === name && this.sending.unknown()) return;
    // What their path did is no decision of theirs: it can be gone on with.
    if (this.share !== null && (name === null || this.share.name === name)) this.share.part.answer.resolve(false);
    const stop = BROKEN.has(code) ? new Interrupted("", { code, retryable: true }) : new StoppedByPeer("", { code });
    if (this.sending !== null && (name === null || this.sending.name === name)) this.sending.stop(stop);
    for (const incoming of this.incoming.values()) {
      if (name !== null && incoming.name !== name) continue;
      if (incoming.line.snapshot.phase === "asked") {
        this.forget(incoming);
        incoming.line.ended("cancelled", theirProblem(code, this.link.peer, "receive"));
      } else incoming.stop(stop);
    }
  }

  private ended(line: Line, error: unknown): void {
    const code = codeOf(error);
    const said = error instanceof StoppedByPeer ? theirProblem(code, this.link.peer, line.snapshot.direction) : null;
    if (code === "declined") line.ended("declined", said);
    else if (code === "cancelled") line.ended("cancelled", said);
    else line.ended("failed", said ?? problemOf(error));
  }

  /** Tells the peer that a transfer is over here; nothing is said about one that is over for both. */
  private async say(id: Bytes, code: string): Promise<void> {
    await this.step(async (session) => {
        if (code === "declined") await session.answer(id, false, code).catch(() => undefined);
        // What a page without https cannot keep is, to the other side, want of room.
        await session.cancel(id, code === "too_large_here" ? "no_space" : code);
      })
      .catch(() => undefined);
  }

  private sent(id: Bytes): Outgoing | undefined {
    return this.sending?.name === hexEncode(id) ? this.sending : undefined;
  }

  private byLine(transfer: string): Incoming | undefined {
    return [...this.incoming.values()].find(({ line }) => line.id === transfer);
  }

  private forget(incoming: Incoming): void {
    this.incoming.delete(incoming.name);
  }

  private get isVerified(): boolean {
    return this.link.verified || this.link.mode === "code";
  }
}

/** Codes of a cancel that only say that it broke. */
const BROKEN = new Set(["stream_cut", "interrupted", "not_found"]);

function codeOf(error: unknown): string {
  return error instanceof PeersealError ? error.code : "failed";
}
