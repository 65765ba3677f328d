/** Meeting the same person again after a break (docs/protocol.md §15.2, docs/wire.md §1.5): found and known by the resume secret. */
import { resumeRoom, type Bundle, type ResumeSecret } from "../crypto_engine.ts";
import type { Meet } from "../client/meet.ts";
import { PeersealError } from "../errors.ts";
import type { HandshakeRole } from "../protocol/channel.ts";
import { Handshake } from "../protocol/handshake.ts";
import { hexDecode } from "../wire/encoding.ts";
import { onTheWire } from "../wire/messages.ts";
import type { Person } from "./state.ts";

/** What two people who met once need to go on, whatever became of their room. */
export interface Bond {
  readonly secret: ResumeSecret; // of their first channel
  readonly role: HandshakeRole;
  readonly peer: Person;
  readonly mode: "words" | "code";
  readonly verified: boolean;
  readonly maySend: boolean;
  readonly bundle: Bundle | null; // the keys the peer proved to hold
}

/** The other side was lost, or this side's own line, or a person goes on with something of before: then nobody has to be there yet. */
export type Began = "lost" | "cut" | "resumed";

/** So long the other side is waited for. */
export const PATIENCE_MILLISECONDS = 5 * 60_000;
/** Who was cut itself finds the other one waiting, who was not, or is told after so long that nobody waits. */
export const NOBODY_MILLISECONDS = 20_000;
/** Somebody who is listed is not on the way to the meeting place for so long. */
const LISTED_MILLISECONDS = 2_000;
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 5_000;

/** Says to the server that this room belongs to the bond, so that either may take its place in it. */
export async function tether(meet: Meet, { secret, role }: Bond, room: string | null): Promise<void> {
  await meet.call("rejoin", { rendezvous: onTheWire(await resumeRoom(secret)), side: role, room });
}

export class Comeback {
  readonly bond: Bond;
  private readonly meet: Meet;
  private readonly join: () => Promise<void>;
  private readonly since: number;
  private readonly began: Began;
  private waitsSince = Infinity;
  private listedSince = Infinity;
  private pause = FIRST_PAUSE;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private trying = false;
  private again = false; // asked for while it was trying
  private over = false;

  /** `join`: is here on the present line, in no room. `began`: how it came to this. */
  constructor(meet: Meet, bond: Bond, join: () => Promise<void>, now: number, began: Began = "lost") {
    this.began = began;
    this.meet = meet;
    this.bond = bond;
    this.join = join;
    this.since = now;
  }

  /** The other side had time enough. */
  late(now: number): boolean {
    return now - this.since > PATIENCE_MILLISECONDS;
  }

  /** The other side does not wait: it is free for others, which `listed` says, or did not come though it was never cut. */
  nobody(listed: boolean, now: number): boolean {
    this.listedSince = listed ? Math.min(this.listedSince, now) : Infinity;
    if (this.began === "resumed" || now - this.waitsSince <= LISTED_MILLISECONDS) return false;
    return now - this.listedSince > LISTED_MILLISECONDS || (this.began === "cut" && now - this.waitsSince > NOBODY_MILLISECONDS);
  }

  /** Waits at the rendezvous from now on. What fails is tried again, with growing pauses. */
  async wait(): Promise<void> {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    if (this.over) return;
    if (this.trying) {
      this.again = true;
      return;
    }
    this.trying = true;
    this.waitsSince = Infinity;
    let line: string | null = null;
    try {
      await this.join();
      line = this.meet.line;
      await tether(this.meet, this.bond, null);
      this.pause = FIRST_PAUSE;
      this.waitsSince = performance.now();
    } catch (error) {
      if (!(error instanceof PeersealError)) throw error;
      this.later();
    } finally {
      this.trying = false;
      // The line came up while it was tried on the one before.
      if (this.again && this.timer === null && this.meet.line !== line) this.later();
      this.again = false;
    }
  }

  /** A try came to nothing: the next one after a pause. */
  later(): void {
    if (this.over) return;
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.wait(), this.pause);
    this.pause = Math.min(LONGEST_PAUSE, 2 * this.pause);
  }

  /** The handshake for a room the server made of both. */
  handshakeFor(room: string): Handshake {
    const id = hexDecode(room);
    const { role, secret } = this.bond;
    return role === "initiator" ? Handshake.initiator(id, "resume", secret) : Handshake.responder(id, "resume", secret);
  }

  stop(): void {
    this.over = true;
    if (this.timer !== null) clearTimeout(this.timer);
  }
}
