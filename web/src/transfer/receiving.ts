/** The transfers of the other person: offered, asked about, and taken side by side to their end. */
import { randomBytes, type FileKey } from "../crypto_engine.ts";
import { Declined, Interrupted, PeersealError } from "../errors.ts";
import type { StoreKind } from "../files/stores.ts";
import type { Offer } from "../protocol/control.ts";
import type { SessionEvent } from "../protocol/session.ts";
import { hexEncode, type Bytes } from "../wire/encoding.ts";
import type { FromWorker, SaveInto } from "./bridge.ts";
import { codeOf, show, stoppedBy, tell } from "./fate.ts";
import type { Keeping } from "./keeping.ts";
import type { Ledger, Line } from "./ledger.ts";
import type { LinkPassage } from "./link_passage.ts";
import { ReceiveNotes, type Desk } from "./notes.ts";
import { problem, problemOf } from "./problem.ts";
import { Incoming } from "./receive.ts";
import { theirProblem } from "./theirs.ts";
import { title } from "./titles.ts";
import type { Ways } from "./ways.ts";

/** A person answers offers one by one: more than these in a minute are not meant for one. */
const OFFERS_MOST = 30;
const OFFERS_MILLISECONDS = 60_000;

/** What a sender says of a transfer of theirs. */
export type OfTheirs = Extract<SessionEvent, { readonly event: "offer" | "key" | "path" | "where" }>;

export class Receiving {
  private readonly passage: LinkPassage;
  private readonly ways: Ways;
  private readonly ledger: Ledger;
  private readonly stores: StoreKind;
  private readonly desk: Desk;
  private readonly post: (message: FromWorker) => void;
  private readonly incoming = new Map<string, Incoming>();
  private readonly finished = new Map<string, Incoming>(); // all here; whether the sender heard so is not known
  private readonly refused = new Map<string, string>(); // ended here, with this code
  private offers: number[] = []; // when the last ones came

  constructor(passage: LinkPassage, ways: Ways, ledger: Ledger, stores: StoreKind, desk: Desk, post: (message: FromWorker) => void) {
    this.passage = passage;
    this.ways = ways;
    this.ledger = ledger;
    this.stores = stores;
    this.desk = desk;
    this.post = post;
  }

  /** Those asked about or under way. */
  get now(): readonly Incoming[] {
    return [...this.incoming.values()];
  }

  /** One of an earlier visit, or of earlier in this one. */
  resume(line: Line, offer: Offer, keeping: Keeping, notes: ReceiveNotes): void {
    void this.receive(this.add(line, offer, notes, keeping), null);
  }

  async hear(event: OfTheirs): Promise<void> {
    switch (event.event) {
      case "offer":
        await this.offered(event.offer);
        break;
      case "key":
        await this.keyArrived(event.id, event.key);
        break;
      case "path":
        if (this.finished.has(hexEncode(event.id))) await this.passage.step((session) => session.done(event.id)).catch(() => undefined);
        else this.incoming.get(hexEncode(event.id))?.pathArrived(event);
        break;
      case "where":
        await this.whereAsked(event.id);
        break;
    }
  }

  /** What finds a direct path, as the sender says it. */
  heardDirect(id: Bytes, event: SessionEvent): void {
    this.incoming.get(hexEncode(id))?.heard(event);
  }

  /** This side's person answers an offer. */
  async answer(transfer: string, accept: boolean, into: SaveInto | null): Promise<void> {
    const incoming = this.byLine(transfer);
    if (incoming?.line.snapshot.phase !== "asked") return;
    if (!accept) {
      this.forget(incoming);
      incoming.line.ended("declined", null);
      await tell(this.passage, incoming.offer.id, "declined");
      return;
    }
    const refusal = await incoming.refusal(into);
    if (refusal !== null) {
      this.forget(incoming);
      incoming.line.ended("failed", problemOf(refusal));
      await tell(this.passage, incoming.offer.id, refusal.code);
      return;
    }
    incoming.line.set({ phase: "moving" });
    void this.receive(incoming, into);
  }

  /** The peer ended one, or with null all. */
  cancelled(id: Bytes | null, code: string): void {
    const name = id === null ? null : hexEncode(id);
    for (const incoming of this.now) {
      if (name !== null && incoming.name !== name) continue;
      if (incoming.line.snapshot.phase === "asked") {
        this.forget(incoming);
        incoming.line.ended("cancelled", theirProblem(code, this.passage.peer, "receive"));
      } else incoming.stop(stoppedBy(code));
    }
  }

  /** This side's person stops one. */
  async cancel(transfer: string): Promise<void> {
    const incoming = this.byLine(transfer);
    if (incoming?.line.snapshot.phase === "asked") await this.answer(transfer, false, null);
    else incoming?.stop(new Declined("", { code: "cancelled" }));
  }

  /** The link is gone, and another may come in its place. */
  away(): void {
    for (const incoming of this.now) incoming.away();
  }

  /** Nobody will be there again. */
  stop(error: PeersealError): void {
    for (const incoming of this.now) {
      if (incoming.line.snapshot.phase === "asked") incoming.line.ended("cancelled", problem(error.code, "interrupted"));
      incoming.stop(error);
    }
  }

  private async keyArrived(id: Bytes, key: FileKey): Promise<void> {
    const incoming = this.incoming.get(hexEncode(id));
    if (incoming === undefined) return;
    incoming.keyArrived(key, await this.passage.parkSecret(id, incoming.offer.version));
  }

  /** Tells what is kept of a transfer, if there is one; one that is all here already is known until the link ends. */
  private async whereAsked(id: Bytes): Promise<void> {
    const incoming = this.incoming.get(hexEncode(id)) ?? this.finished.get(hexEncode(id));
    if (incoming?.given !== true) {
      const code = this.refused.get(hexEncode(id)) ?? "not_found";
      await this.passage.step((session) => session.cancel(id, code)).catch(() => undefined);
      return;
    }
    await incoming.whereAsked().catch((error: unknown) => {
      if (!(error instanceof PeersealError)) throw error;
    });
    // A command line names no path to somebody who needs none, and would wait for that word.
    if (this.finished.has(hexEncode(id))) await this.passage.step((session) => session.done(id)).catch(() => undefined);
  }

  private async offered(offer: Offer): Promise<void> {
    const known = this.incoming.get(hexEncode(offer.id));
    if (known !== undefined && !known.line.over) {
      // The sender did not hear the answer, or there was none yet: the row of before goes on.
      if (known.line.snapshot.phase !== "asked") await known.answerAgain().catch(() => undefined);
      return;
    }
    const refused = this.refused.get(hexEncode(offer.id)) ?? (this.tooManyOffers() ? "busy" : undefined);
    if (refused !== undefined) {
      await this.passage.step((session) => session.answer(offer.id, false, refused)).catch(() => undefined);
      return;
    }
    const line = this.lineOf(offer);
    const incoming = this.add(line, offer, new ReceiveNotes(this.desk.journals, line, () => this.desk.bond()), null);
    // What cannot be kept here is said before anybody presses Accept; a folder the person picks may still have room.
    const refusal = await incoming.refusal(null);
    if (refusal !== null && line.snapshot.phase === "asked") line.set({ problem: problemOf(refusal) });
  }

  private lineOf(offer: Offer): Line {
    const line = this.ledger.open({
      id: hexEncode(randomBytes(16)),
      direction: "receive",
      peer: this.passage.peer,
      verified: this.passage.verified,
      phase: "asked",
      title: offer.text ? "A message" : title(offer.preview, offer.files),
      fileCount: offer.files,
      total: offer.bytes,
      text: null,
    });
    line.files(offer.preview.map((entry) => ({ ...entry, done: 0 })));
    return line;
  }

  private add(line: Line, offer: Offer, notes: ReceiveNotes, keeping: Keeping | null): Incoming {
    const incoming = new Incoming(line, offer, this.passage, this.stores, this.ways.reach(offer), notes, keeping);
    this.incoming.set(incoming.name, incoming);
    return incoming;
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
      await this.passage.step((session) => session.done(offer.id)).catch(() => undefined); // it is here, whoever hears it
      line.done(text);
      await incoming.notes?.ended(false, true);
    } catch (error) {
      // The browser's own estimate said that there is room, or this had not begun.
      if (into === null && codeOf(error) === "no_space") line.ended("failed", problem("no_space_after_all"));
      else show(line, error);
      const stays = error instanceof Interrupted && (incoming.keeping?.kept.content ?? 0) > 0;
      await incoming.notes?.ended(stays);
      if (stays) this.desk.interrupted(line, null);
      else this.refused.set(incoming.name, codeOf(error)); // the sender may not have heard it
      await tell(this.passage, offer.id, codeOf(error));
    }
    this.forget(incoming);
  }

  private byLine(transfer: string): Incoming | undefined {
    return this.now.find(({ line }) => line.id === transfer);
  }

  private forget(incoming: Incoming): void {
    this.incoming.delete(incoming.name);
  }
}
