/** The room is gone in the middle of something: the other side is waited for, until both meet again or it is given up. */
import type { Meet } from "../client/meet.ts";
import { ResumeSecret } from "../crypto_engine.ts";
import { Session, type SessionEvent } from "../protocol/session.ts";
import type { Board } from "./board.ts";
import { Comeback, tether, type Began, type Bond } from "./comeback.ts";
import { bondOf, type Current } from "./current.ts";
import type { Here } from "./here.ts";
import { Link } from "./link.ts";
import type { Role } from "./state.ts";

const BEGAN: Readonly<Record<string, Began>> = { interrupted: "cut", resumed: "resumed" };

export class Reunion {
  private readonly meet: Meet;
  private readonly board: Board;
  private readonly here: Pick<Here, "unlisted">;
  private comeback: Comeback | null = null;

  constructor(meet: Meet, board: Board, here: Pick<Here, "unlisted">) {
    this.meet = meet;
    this.board = board;
    this.here = here;
  }

  /** The other side, or the server, is out of reach; both will meet again. */
  get awaited(): boolean {
    return this.comeback !== null;
  }

  /** The first channel stands: from here on both can meet again. */
  async prepare(current: Current): Promise<void> {
    const { link } = current;
    current.secret = new ResumeSecret(await link.export("resume"));
    const bond = bondOf(current);
    if (bond !== null) await this.tether(bond, link.room);
  }

  /** Waits from now on: the room ended so. `as` and `name`: how this side is here, if it is not yet. */
  async begin(bond: Bond, end: string, as: Role, name: string): Promise<void> {
    if (this.comeback !== null) return this.comeback.later(); // a room that came to nothing
    const role = this.board.state.me?.role ?? as;
    const join = (): Promise<void> => this.here.unlisted(this.board.state.me?.name ?? name, role);
    this.comeback = new Comeback(this.meet, bond, join, performance.now(), BEGAN[end] ?? "lost");
    await this.comeback.wait();
  }

  /** The line to the server stands again. */
  lineUp(): void {
    void this.comeback?.wait();
  }

  /** The link of a room the server made of the two, if somebody is waited for: only who has the secret gets through its handshake. */
  linkIn(room: string, hear: (link: Link, event: SessionEvent) => void): Link | null {
    if (this.comeback === null) return null;
    const { peer, mode, verified, maySend, bundle } = this.comeback.bond;
    const session = new Session(this.comeback.handshakeFor(room), { verified, unchecked: maySend, peer: bundle });
    return new Link({ room, peer, mode, resumed: true }, session, this.meet, hear);
  }

  /** Both met again: what was under way goes on, at once, for what the other side says next may be here already. */
  async met({ link, courier }: Current): Promise<void> {
    const { comeback } = this;
    if (comeback === null) return;
    this.stop();
    this.board.setLink({ phase: "connected" });
    if (!link.over) courier.back(link);
    await this.tether(comeback.bond, link.room);
  }

  /** The code of the end it comes to now, if nobody is waited for any longer. */
  end({ link, courier }: Current, now: number): string | null {
    const { comeback, meet } = this;
    if (comeback === null) return null;
    if (comeback.late(now)) return meet.up ? "vanished" : "interrupted";
    // It came by the server's disk, or the person gave it up: nobody needs to come back.
    if (!courier.unfinished) return meet.up ? "left" : "interrupted";
    if (!meet.up || !courier.idle) return null;
    const listed = this.board.state.peers.some(({ id }) => id === link.peer.id);
    return comeback.nobody(listed, now) ? "not_waiting" : null;
  }

  stop(): void {
    this.comeback?.stop();
    this.comeback = null;
  }

  /** Without it only a second place is lost. */
  private async tether(bond: Bond, room: string): Promise<void> {
    await tether(this.meet, bond, room).catch(() => undefined);
  }
}
