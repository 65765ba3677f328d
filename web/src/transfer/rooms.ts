/** The rooms this side is in, one at a time: from the server's word, over breaks, to the end. */
import type { Meet } from "../client/meet.ts";
import type { Bundle } from "../crypto_engine.ts";
import { Session, type SessionEvent } from "../protocol/session.ts";
import { sameBytes } from "../wire/encoding.ts";
import type { ServerMessages } from "../wire/messages.ts";
import { Acquaintance } from "./acquaintance.ts";
import { newLink, type Board } from "./board.ts";
import { Clearance } from "./clearance.ts";
import { GUEST, type Codes } from "./codes.ts";
import type { Bond } from "./comeback.ts";
import type { Consents } from "./consents.ts";
import type { Courier } from "./courier.ts";
import { bondOf, type Current } from "./current.ts";
import type { Company, Here } from "./here.ts";
import type { Keys } from "./keys.ts";
import { Link } from "./link.ts";
import { comesBack, endOf } from "./endings.ts";
import { Heartbeat } from "./heartbeat.ts";
import { Reunion } from "./reunion.ts";
import type { Problem, Role } from "./state.ts";

/** What a room needs of the rest. */
export interface Neighbours {
  readonly here: Pick<Here, "back" | "leaveUnlessListed" | "unlisted">;
  readonly codes: Pick<Codes, "shown" | "used" | "over" | "spend" | "release">;
  /** This side's own keys, if somebody is signed in. */
  readonly keys: () => Keys | null;
  /** Who carries the transfers of a new link. */
  readonly courierFor: (link: Link) => Courier;
  /** Somebody may be sent something now. */
  readonly cleared: (current: Current) => void;
}

const NOTHING = new Uint8Array(0);

export class Rooms implements Company {
  private readonly meet: Meet;
  private readonly board: Board;
  private readonly consents: Consents;
  private readonly neighbours: Neighbours;
  private readonly heartbeat: Heartbeat;
  private readonly clearance: Clearance;
  private readonly reunion: Reunion;
  private ending: Link | null = null;
  /** The room this side is in. */
  current: Current | null = null;

  constructor(meet: Meet, board: Board, consents: Consents, neighbours: Neighbours) {
    this.meet = meet;
    this.board = board;
    this.consents = consents;
    this.neighbours = neighbours;
    this.heartbeat = new Heartbeat(meet);
    this.clearance = new Clearance(board, (link) => link === this.current?.link, neighbours.cleared);
    this.reunion = new Reunion(meet, board, neighbours.here);
  }

  get linked(): boolean {
    return this.current !== null;
  }

  get comingBack(): boolean {
    return this.reunion.awaited;
  }

  // --- what this side's person does ---

  wordsMatch(): void {
    if (this.current === null || this.board.state.link?.phase !== "connected") return;
    this.clearance.wordsMatch(this.current);
  }

  async wordsDiffer(): Promise<void> {
    if (this.current === null) return;
    const { link } = this.current;
    this.board.setLink({ check: "differ" });
    this.over(link, "words_differ");
    await link.leave("words_differ");
    await this.neighbours.here.back();
  }

  async disconnect(): Promise<void> {
    const { here, codes } = this.neighbours;
    if (this.board.state.code?.phase === "used") this.board.set({ code: null });
    if (this.current === null) {
      this.board.set({ link: null });
      return here.leaveUnlessListed();
    }
    const { link, courier } = this.current;
    this.reunion.stop();
    // Said before goodbye: who only leaves may come back, who cancels does not.
    const told = courier.needsBoth && !courier.away;
    if (told) await link.step((session) => session.cancel(null, "cancelled")).catch(() => undefined);
    courier.stop("cancelled", told);
    this.current = null;
    this.board.set({ link: null });
    // A guess may be out: whoever ends it, the code is spent with it.
    if (link.mode === "code") await codes.spend();
    await link.leave();
    await here.back();
    await here.leaveUnlessListed();
  }

  // --- what the server says ---

  /** A room is ours only if this side's person asked for it; who asked is the initiator. */
  made({ room, peer, request, mode }: ServerMessages["room"]): void {
    if (mode === "resume") return this.madeAgain(room);
    const asked = this.board.state.asking?.request ?? null;
    const handshake = this.current === null ? this.consents.handshakeFor(room, request, mode, asked) : null;
    if (handshake === null) {
      void this.meet.call("close", { room }).catch(() => undefined);
      return;
    }
    const link = new Link({ room, peer, mode }, new Session(handshake), this.meet, (from, event) => void this.hear(from, event));
    const acquaintance = new Acquaintance(this.neighbours.keys(), mode === "words" ? this.consents.meantBy(request) : null);
    this.current = { link, courier: this.neighbours.courierFor(link), peer: acquaintance, role: handshake.role, secret: null };
    this.consents.typed = null;
    this.board.set({
      asking: null,
      requests: [],
      notice: null,
      link: newLink("handshake", peer, mode),
    });
    if (this.neighbours.codes.shown && mode === "code") this.board.setCode("meeting");
    link.start();
  }

  /** Both sides wait at the rendezvous. */
  private madeAgain(room: string): void {
    const { current } = this;
    const link = current?.link.over === true ? this.reunion.linkIn(room, (from, event) => void this.hear(from, event)) : null;
    if (current === null || link === null) {
      void this.meet.call("close", { room }).catch(() => undefined);
      return;
    }
    this.current = { ...current, link };
    this.ending = null;
    link.start();
  }

  /** The line to the server stands again. */
  lineUp(): void {
    this.reunion.lineUp();
  }

  signal({ room, body }: ServerMessages["signal"]): void {
    this.linkOf(room)?.receive(body);
  }

  notice({ room, code }: ServerMessages["notice"]): void {
    if (this.linkOf(room) !== null && code === "third_party") this.board.setLink({ thirdParty: true });
  }

  closed({ room, code }: ServerMessages["room_closed"]): void {
    const link = this.linkOf(room);
    if (link === null) return;
    link.closedByServer();
    void this.gone(link, code);
  }

  lineDown(): void {
    if (this.current !== null) void this.gone(this.current.link, "interrupted");
  }

  /** About once a second. */
  tick(): void {
    if (this.current === null) return;
    this.heartbeat.tick(this.current.courier.busy);
    const end = this.reunion.end(this.current, performance.now());
    if (end !== null) {
      this.reunion.stop();
      this.over(this.current.link, end);
      void this.neighbours.here.back();
      return;
    }
    if (this.current.link.over) return;
    this.current.link.tick();
    if (this.current.peer.late(performance.now())) void this.stop(this.current);
  }

  // --- inside ---

  private linkOf(room: string): Link | null {
    return this.current?.link.room === room ? this.current.link : null;
  }

  private async hear(link: Link, event: SessionEvent): Promise<void> {
    if (link !== this.current?.link) return;
    switch (event.event) {
      case "established":
        if (link.resumed) await this.reunion.met(this.current);
        else await this.established(this.current, event.words);
        break;
      case "identity":
        await this.introduced(this.current, event.bundle);
        break;
      case "peer_left":
        await this.gone(link, event.code ?? "disconnected");
        break;
      case "peer_vanished":
        await this.gone(link, "vanished");
        break;
      case "failed":
        await this.gone(link, event.error.code);
        break;
      case "offer":
      case "answer":
        // Whoever was meant says who they are before that.
        if (this.current.peer.waiting) await this.stop(this.current);
        else await this.current.courier.hear(event);
        break;
      default:
        await this.current.courier.hear(event);
    }
  }

  private async established(current: Current, words: readonly string[]): Promise<void> {
    current.peer.begin(performance.now());
    await this.reunion.prepare(current);
    if (current.link !== this.current?.link) return;
    if (await this.clearance.established(current, words, this.neighbours.keys())) await this.neighbours.codes.used();
  }

  /** What both need to meet again; null before the first channel stands. */
  get bond(): Bond | null {
    return this.current === null ? null : bondOf(this.current);
  }

  /**
   * Meets again whom this side met under this bond, in an earlier visit perhaps: then in this role. `begin` gives the
   * courier what goes on: before it waits, for nobody waits without that. `name`: of who is not here yet. False if this
   * side is with somebody else.
   */
  async together(bond: Bond, as: Role, begin: (courier: Courier) => void, name = GUEST): Promise<boolean> {
    if (this.current !== null) {
      const same = sameBytes(this.current.secret?.reveal() ?? NOTHING, bond.secret.reveal());
      if (same) begin(this.current.courier);
      return same;
    }
    const { peer, mode, verified, role, secret } = bond;
    const link = await Link.gone({ peer, mode }, this.meet, bond);
    const courier = this.neighbours.courierFor(link);
    this.current = { link, courier, peer: new Acquaintance(this.neighbours.keys(), null), role, secret };
    this.board.set({ link: newLink("meeting", peer, mode, verified || mode === "code") });
    if (bond.maySend || verified || mode === "code") courier.clear();
    courier.leave("interrupted");
    begin(courier);
    await this.wait(this.current, "resumed", as, name);
    return true;
  }

  /** The peer proved to hold these keys. */
  private async introduced(current: Current, bundle: Bundle): Promise<void> {
    current.peer.show(bundle);
    if (current.peer.another) await this.stop(current);
    else await this.clearance.introduced(current);
  }

  /** Done with this one of several receivers: the server brings the next who claims the code. */
  async next({ link }: Current): Promise<void> {
    if (link !== this.current?.link) return;
    this.ending = link;
    await link.leave();
    if (link !== this.current?.link) return;
    this.current = null;
    this.board.set({ link: null });
    if (this.neighbours.codes.shown) this.board.setCode("showing");
    else await this.neighbours.here.back();
  }

  /** Whoever is there is not the contact this person meant: a hard stop. */
  private async stop({ link, peer }: Current): Promise<void> {
    if (link !== this.current?.link) return;
    this.over(link, "key_changed", peer.stop);
    await link.leave("key_changed");
    await this.neighbours.here.back();
  }

  /** The link ended, from wherever that came. Says so once, and is here again for others. */
  private async gone(link: Link, code: string): Promise<void> {
    if (link !== this.current?.link || this.ending === link) return;
    this.ending = link;
    const end = (await link.disconnected()) ?? code;
    if (link !== this.current?.link) return;
    if (this.reunion.awaited || (comesBack(end) && this.current.secret !== null && this.current.courier.unfinished)) {
      return this.wait(this.current, end);
    }
    const { here, codes } = this.neighbours;
    const guessed = end === "wrong_code";
    if (guessed && codes.shown) codes.over(code === "interrupted" ? "lost" : "wrong_code");
    this.over(link, guessed && code === "interrupted" ? code : end);
    if (this.board.state.code?.phase === "closed") this.board.set({ link: null }); // the slip says it all
    if (guessed) await codes.release();
    await link.close();
    if (!codes.shown) await here.back();
    else this.board.setCode("showing"); // nobody guessed: the code still holds, and the server brings the next who claims it
  }

  /** The room is gone in the middle of something: both meet again, unless the person ends it. */
  private async wait(current: Current, end: string, as: Role = "sender", name = GUEST): Promise<void> {
    const { link, courier } = current;
    courier.leave(end);
    await link.close();
    const bond = bondOf(current);
    if (this.current?.link === link && bond !== null) await this.reunion.begin(bond, end, as, name);
  }

  private over(link: Link, code: string, why: Problem | null = null): void {
    if (link !== this.current?.link) return;
    this.current.courier.stop(code);
    this.current = null;
    if (why !== null) return this.board.setLink({ phase: "closed", closed: why });
    this.board.setLink({ phase: "closed", closed: endOf(code, link) });
  }
}
