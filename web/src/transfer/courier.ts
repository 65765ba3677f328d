/** The transfers of two people, whichever way they go: they share one passage, its breaks and its end. */
import { Interrupted } from "../errors.ts";
import type { Source } from "../files/source.ts";
import type { StoreKind } from "../files/stores.ts";
import type { Offer } from "../protocol/control.ts";
import type { SessionEvent } from "../protocol/session.ts";
import type { Bytes } from "../wire/encoding.ts";
import type { FromWorker, SaveInto } from "./bridge.ts";
import type { FanOut } from "./fan_out.ts";
import type { Keeping } from "./keeping.ts";
import type { Ledger, Line } from "./ledger.ts";
import type { Link } from "./link.ts";
import { outlasted } from "./endings.ts";
import { LinkPassage, type Paths } from "./link_passage.ts";
import type { Desk, ReceiveNotes, SendNotes } from "./notes.ts";
import { Receiving } from "./receiving.ts";
import type { Begun } from "./send.ts";
import { Sending } from "./sending.ts";
import { Ways } from "./ways.ts";

export class Courier {
  private readonly passage: LinkPassage;
  private readonly sending: Sending;
  private readonly receiving: Receiving;
  private over = false;

  constructor(link: Link, ledger: Ledger, stores: StoreKind, paths: Paths, desk: Desk, post: (message: FromWorker) => void) {
    this.passage = new LinkPassage(link, paths);
    const ways = new Ways(this.passage, paths);
    this.sending = new Sending(this.passage, ways, desk);
    this.receiving = new Receiving(this.passage, ways, ledger, stores, desk, post);
  }

  // --- the link under it ---

  /** The link is gone, and the next one does not stand yet. */
  get away(): boolean {
    return this.passage.away;
  }

  /** Something is under way that another channel can go on with: the receiver said yes. */
  get unfinished(): boolean {
    const going = [this.sending.now, ...this.receiving.now].filter((one) => one !== null);
    return !this.over && going.some(({ line, accepted }) => accepted && !line.over);
  }

  /** Something is under way that ends with the link: it does not lie on the server. */
  get needsBoth(): boolean {
    const { now } = this.sending;
    const going = [now?.lies === true ? null : now, ...this.receiving.now].filter((one) => one !== null);
    return !this.over && going.some(({ line, accepted }) => accepted && !line.over);
  }

  /** Nothing but the other side is waited for: nothing moves, and nothing goes to the server or lies there for them. */
  get idle(): boolean {
    const going = this.lines.filter((line) => !line.over);
    return going.every(({ snapshot }) => snapshot.phase === "reconnecting" || snapshot.phase === "asked");
  }

  /** Something moves, or waits to move again. */
  get busy(): boolean {
    return this.lines.some(({ snapshot }) => snapshot.phase === "moving" || snapshot.phase === "reconnecting");
  }

  /** The link is gone, and another may come in its place. `code`: how it ended. */
  leave(code: string): void {
    if (this.over || this.away) return;
    this.passage.leave();
    this.sending.away(code === "disconnected");
    this.receiving.away();
  }

  /** Both met again. */
  back(link: Link): void {
    this.passage.back(link);
  }

  /**
   * No link will be there again: everything that is not over ends with this code, but for what lies on the server, unless
   * the other side was told (`told`) that nothing comes of it, or is not who was meant.
   */
  stop(code: string, told = false): void {
    if (this.over) return;
    this.over = true;
    const error = new Interrupted("", { code, retryable: true });
    this.passage.end(error);
    if (told && this.sending.now?.lies === true) this.sending.cancel(this.sending.now.line.id);
    this.sending.stop(error, !told && (code === "cancelled" || outlasted(code)));
    this.receiving.stop(error);
  }

  // --- what its person and the peer do ---

  /** The peer is known well enough to be sent something: queued transfers go. */
  clear(): void {
    this.sending.clear();
  }

  send(line: Line, source: Source): void {
    this.sending.send(line, source);
  }

  /** One of several receivers; true once they have the key. */
  give(fan: FanOut): Promise<boolean> {
    return this.sending.give(fan);
  }

  /** One of an earlier visit, or of earlier in this one. */
  resumeSend(line: Line, source: Source, begun: Begun, notes: SendNotes): void {
    this.sending.resume(line, source, begun, notes);
  }

  /** As `resumeSend`, of theirs. */
  resumeReceive(line: Line, offer: Offer, keeping: Keeping, notes: ReceiveNotes): void {
    this.receiving.resume(line, offer, keeping, notes);
  }

  /** This side's person answers an offer. */
  answer(transfer: string, accept: boolean, into: SaveInto | null): Promise<void> {
    return this.receiving.answer(transfer, accept, into);
  }

  /** What the receiver lacks goes to the server, so that this page may be closed. */
  leaveOnServer(transfer: string): void {
    this.sending.leaveOnServer(transfer);
  }

  /** This side's person stops a transfer, whichever way it goes. */
  async cancel(transfer: string): Promise<void> {
    this.sending.cancel(transfer);
    await this.receiving.cancel(transfer);
  }

  /** Hears what the session says about transfers. */
  async hear(event: SessionEvent): Promise<void> {
    switch (event.event) {
      case "offer":
      case "key":
      case "path":
      case "where":
        return this.receiving.hear(event);
      case "answer":
      case "ack":
      case "done":
      case "have":
        return this.sending.hear(event);
      case "description":
        return this.direct(event.description.id, event);
      case "ice":
        return this.direct(event.ice.id, event);
      case "candidates":
        return this.direct(event.candidates.id, event);
      case "cancelled":
        this.sending.cancelled(event.id, event.code);
        this.receiving.cancelled(event.id, event.code);
        break;
      default:
        break;
    }
  }

  private async direct(id: Bytes, event: SessionEvent): Promise<void> {
    this.receiving.heardDirect(id, event);
    await this.sending.heardDirect(id, event);
  }

  private get lines(): readonly Line[] {
    const { now } = this.sending;
    return [...(now === null ? [] : [now.line]), ...this.receiving.now.map(({ line }) => line)];
  }
}
