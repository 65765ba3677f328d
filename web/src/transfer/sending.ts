/** Our transfers to one person: one after the other, each to its end. */
import { Declined, Interrupted, type PeersealError } from "../errors.ts";
import type { Source } from "../files/source.ts";
import type { SessionEvent } from "../protocol/session.ts";
import { hexEncode, type Bytes } from "../wire/encoding.ts";
import { Share, type FanOut } from "./fan_out.ts";
import { codeOf, show, stoppedBy, tell } from "./fate.ts";
import type { Line } from "./ledger.ts";
import type { LinkPassage } from "./link_passage.ts";
import { SendNotes, type Desk } from "./notes.ts";
import { problem } from "./problem.ts";
import { Outgoing, type Begun } from "./send.ts";
import type { Ways } from "./ways.ts";

/** What a receiver says of a transfer of ours. */
export type OfOurs = Extract<SessionEvent, { readonly event: "answer" | "ack" | "done" | "have" }>;

export class Sending {
  private readonly passage: LinkPassage;
  private readonly ways: Ways;
  private readonly desk: Desk;
  private readonly queue: Outgoing[] = [];
  private present: Outgoing | null = null;
  private share: { readonly name: string; readonly part: Share } | null = null; // of one that others get too
  private cleared = false;
  private over = false;

  constructor(passage: LinkPassage, ways: Ways, desk: Desk) {
    this.passage = passage;
    this.ways = ways;
    this.desk = desk;
  }

  /** The one under way. */
  get now(): Outgoing | null {
    return this.present;
  }

  /** The peer is known well enough to be sent something: queued transfers go. */
  clear(): void {
    this.cleared = true;
    void this.next();
  }

  send(line: Line, source: Source): void {
    this.add(line, source, new SendNotes(this.desk.journals, line, () => this.desk.bond()), null);
  }

  /** One of an earlier visit, or of earlier in this one. */
  resume(line: Line, source: Source, begun: Begun, notes: SendNotes): void {
    this.add(line, source, notes, begun);
  }

  /** One of several receivers; true once they have the key. */
  async give(fan: FanOut): Promise<boolean> {
    const part = new Share();
    this.share = { name: fan.name, part };
    return fan.give(this.passage, part);
  }

  hear(event: OfOurs): void {
    switch (event.event) {
      case "answer":
        if (this.share?.name === hexEncode(event.id)) this.share.part.answer.resolve(event.accept);
        this.of(event.id)?.answered(event);
        break;
      case "ack":
        this.of(event.ack.id)?.acked(event.ack);
        break;
      case "done":
        this.of(event.id)?.done();
        break;
      case "have":
        this.of(event.have.id)?.have(event.have);
        break;
    }
  }

  /** What finds a direct path, as the receiver says it. */
  async heardDirect(id: Bytes, event: SessionEvent): Promise<void> {
    await this.of(id)?.heard(event);
  }

  /** The peer ended one, or with null all. */
  cancelled(id: Bytes | null, code: string): void {
    const name = id === null ? null : hexEncode(id);
    const meant = this.present !== null && (name === null || this.present.name === name);
    if (meant && name !== null && code === "not_found" && this.present!.unknown()) return;
    if (this.share !== null && (name === null || this.share.name === name)) this.share.part.answer.resolve(false);
    if (meant) this.present!.stop(stoppedBy(code));
  }

  /** What the receiver lacks goes to the server, so that this page may be closed. */
  leaveOnServer(transfer: string): void {
    if (this.present?.line.id === transfer) this.present.leaveOnServer();
  }

  /** This side's person stops one. */
  cancel(transfer: string): void {
    const waiting = this.queue.findIndex(({ line }) => line.id === transfer);
    if (waiting >= 0) this.queue.splice(waiting, 1)[0]!.line.ended("cancelled", null);
    if (this.present?.line.id === transfer) this.present.stop(new Declined("", { code: "cancelled" }));
  }

  /** The link is gone, and another may come in its place. `left`: the receiver said goodbye. */
  away(left: boolean): void {
    this.present?.away(left);
  }

  /** Nobody will be there again. `keeps`: what lies on the server stays there for them. */
  stop(error: PeersealError, keeps: boolean): void {
    this.over = true;
    this.share?.part.answer.resolve(false);
    if (keeps && this.present?.lies === true) this.present.leftAlone();
    else this.present?.stop(error);
    for (const { line } of this.queue.splice(0)) line.ended("failed", problem(error.code, "interrupted"));
  }

  private add(line: Line, source: Source, notes: SendNotes, begun: Begun | null): void {
    this.queue.push(new Outgoing(line, source, this.passage, (id) => this.ways.roads(id, source), notes, begun, this.ways.base));
    void this.next();
  }

  private async next(): Promise<void> {
    if (!this.cleared || this.present !== null || this.over) return;
    const outgoing = this.queue.shift();
    if (outgoing === undefined) return;
    this.present = outgoing;
    outgoing.line.set({ verified: this.passage.verified });
    try {
      await outgoing.run();
      await outgoing.notes?.ended(false);
    } catch (error) {
      const stays = error instanceof Interrupted && outgoing.keyed;
      await outgoing.notes?.ended(stays);
      show(outgoing.line, error);
      if (stays) this.desk.interrupted(outgoing.line, outgoing.source);
      await tell(this.passage, outgoing.id, codeOf(error));
    }
    this.present = null;
    void this.next();
  }

  private of(id: Bytes): Outgoing | undefined {
    return this.present?.name === hexEncode(id) ? this.present : undefined;
  }
}
