/** What a transfer needs of the channel it goes through, which may break and be another one afterwards. */
import type { ParkSecret } from "../crypto_engine.ts";
import type { Session, SessionEvent } from "../protocol/session.ts";
import type { PathKind, ReceiveEnd, SendEnd } from "../transport/transport.ts";
import type { Bytes } from "../wire/encoding.ts";

export interface Passage {
  /** Does one thing with the session and sends what comes of it. Raises `Away` while there is none. */
  step(step: (session: Session) => Promise<void>): Promise<void>;
  /** Whether the channel is gone and the next one does not stand yet. */
  readonly away: boolean;
  /** Whether this channel is not the first of the two. */
  readonly resumed: boolean;
  /** Returns when a channel stands; raises when none will. */
  here(): Promise<void>;
  /** What both find a park by, of this channel. */
  parkSecret(id: Bytes, version: number): Promise<ParkSecret>;
  /** Something authentic arrived: the peer is alive. */
  heard(): void;
  openSend(stream: Bytes, signal: AbortSignal): Promise<SendEnd>;
  openReceive(stream: Bytes, signal: AbortSignal): Promise<ReceiveEnd>;
}

/** An end a sender may go on with, and the name that tells the receiver which. */
export interface Road {
  readonly kind: PathKind;
  readonly stream: Bytes;
  open(signal: AbortSignal): Promise<SendEnd>;
}

/** Which way the records go: asked before each round and, while one moves, before each record. */
export interface Roads {
  /** The road to begin with, or to go on with after a break. */
  next(signal: AbortSignal): Promise<Road>;
  /** It is time to change to another road than the one in use, */
  readonly better: boolean;
  /** which this gives. */
  change(): Road;
  /** What the receiver says about direct paths. */
  heard(event: SessionEvent): Promise<void>;
  /** The receiver holds so many content bytes by now. */
  moved(bytes: number): void;
  /** Something is under way on the present road and nothing was acknowledged for so many milliseconds: whether to give it up. */
  stalls(milliseconds: number): boolean;
  /** The present road broke. */
  broke(): void;
  /** It is over. */
  close(): void;
}
