/** The transfers of one link: ours one after the other, theirs as they are accepted, each to its end. */
import { randomBytes } from "../crypto_engine.ts";
import { Declined, Interrupted, PeersealError } from "../errors.ts";
import type { Source } from "../files/source.ts";
import type { StoreKind } from "../files/stores.ts";
import type { Offer } from "../protocol/control.ts";
import type { SessionEvent } from "../protocol/session.ts";
import type { ReceiveEnd, SendEnd } from "../transport/transport.ts";
import { hexEncode, type Bytes } from "../wire/encoding.ts";
import type { FromWorker, SaveInto } from "./bridge.ts";
import type { Ledger, Line } from "./ledger.ts";
import type { Link } from "./link.ts";
import { problem, problemOf } from "./problem.ts";
import { Incoming } from "./receive.ts";
import { Outgoing } from "./send.ts";
import { StoppedByPeer, theirProblem } from "./theirs.ts";
import { title } from "./titles.ts";

/** A person answers offers one by one: more than these in a minute are not meant for one. */
const OFFERS_MOST = 30;
const OFFERS_MILLISECONDS = 60_000;

/** Opens the ends of this link's streams. */
export interface Paths {
  send(stream: Bytes, signal: AbortSignal): Promise<SendEnd>;
  receive(stream: Bytes, signal: AbortSignal): Promise<ReceiveEnd>;
}

export class Courier {
  private readonly link: Link;
  private readonly ledger: Ledger;
  private readonly stores: StoreKind;
  private readonly paths: Paths;
  private readonly post: (message: FromWorker) => void;
  private readonly queue: Outgoing[] = [];
  private readonly incoming = new Map<string, Incoming>();
  private offers: number[] = []; // when the last ones came
  private sending: Outgoing | null = null;
  private cleared = false;
  private over = false;

  constructor(link: Link, ledger: Ledger, stores: StoreKind, paths: Paths, post: (message: FromWorker) => void) {
    this.link = link;
    this.ledger = ledger;
    this.stores = stores;
    this.paths = paths;
    this.post = post;
  }

  /** The peer is known well enough to be sent something: queued transfers go. */
  clear(): void {
    this.cleared = true;
    void this.next();
  }

  send(line: Line, source: Source): void {
    const passage = {
      step: this.link.step.bind(this.link),
      openSend: this.paths.send.bind(this.paths),
    };
    this.queue.push(new Outgoing(line, source, passage));
    void this.next();
  }

  /** Hears what the session says about transfers. */
  async hear(event: SessionEvent): Promise<void> {
    switch (event.event) {
      case "offer":
        await this.offered(event.offer);
        break;
      case "answer":
        this.sent(event.id)?.answered(event);
        break;
      case "ack":
        this.sent(event.ack.id)?.acked(event.ack);
        break;
      case "done":
        this.sent(event.id)?.done();
        break;
      case "key":
        this.incoming.get(hexEncode(event.id))?.keyArrived(event.key);
        break;
      case "path":
        this.incoming.get(hexEncode(event.id))?.pathArrived(event.stream);
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
    } catch (error) {
      this.ended(outgoing.line, error);
      await this.say(outgoing.id, codeOf(error));
    }
    this.sending = null;
    void this.next();
  }

  private async offered(offer: Offer): Promise<void> {
    if (this.tooManyOffers()) {
      await this.link.step((session) => session.answer(offer.id, false, "busy")).catch(() => undefined);
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
    const arrival = {
      step: this.link.step.bind(this.link),
      openReceive: this.paths.receive.bind(this.paths),
      heard: this.link.heard.bind(this.link),
    };
    const incoming = new Incoming(line, offer, arrival, this.stores);
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
      await this.link.step((session) => session.done(offer.id)).catch(() => undefined); // it is here, whoever hears it
      line.done(text);
    } catch (error) {
      // The browser's own estimate said that there is room, or this had not begun.
      if (into === null && codeOf(error) === "no_space") line.ended("failed", problem("no_space_after_all"));
      else this.ended(line, error);
      await this.say(offer.id, codeOf(error));
    }
    this.forget(incoming);
  }

  private cancelled(id: Bytes | null, code: string): void {
    const name = id === null ? null : hexEncode(id);
    const stop = new StoppedByPeer("", { code });
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
    await this.link
      .step(async (session) => {
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

function codeOf(error: unknown): string {
  return error instanceof PeersealError ? error.code : "failed";
}
