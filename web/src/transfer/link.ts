/** One room with one other person: carries the session's messages through the server and passes its time. */
import type { Meet } from "../client/meet.ts";
import type { Bundle } from "../crypto_engine.ts";
import { Handshake } from "../protocol/handshake.ts";
import { Session, type SessionEvent } from "../protocol/session.ts";
import type { Bytes } from "../wire/encoding.ts";
import { onTheWire, type IceServer, type StreamEnd } from "../wire/messages.ts";
import { ID_BYTES } from "../wire/limits.ts";
import type { Bond } from "./comeback.ts";
import type { Person } from "./state.ts";

export class Link {
  readonly room: string;
  readonly peer: Person;
  readonly mode: "words" | "code"; // of the first room of the two
  /** Not the first room of the two. */
  readonly resumed: boolean;
  private readonly session: Session;
  private gone = false;
  private readonly meet: Meet;
  private readonly hear: (link: Link, event: SessionEvent) => void;

  constructor(
    room: { readonly room: string; readonly peer: Person; readonly mode: "words" | "code"; readonly resumed?: boolean },
    session: Session,
    meet: Meet,
    hear: (link: Link, event: SessionEvent) => void,
  ) {
    this.room = room.room;
    this.peer = room.peer;
    this.mode = room.mode;
    this.resumed = room.resumed ?? false;
    this.session = session;
    this.meet = meet;
    this.hear = hear;
  }

  /** The link of a room that is gone, which the next one follows. */
  static async gone(room: { readonly peer: Person; readonly mode: "words" | "code" }, meet: Meet, bond: Pick<Bond, "verified" | "maySend" | "bundle">): Promise<Link> {
    const session = new Session(Handshake.initiator(new Uint8Array(ID_BYTES), "words"), {
      verified: bond.verified, unchecked: bond.maySend, peer: bond.bundle,
    });
    await session.disconnected();
    const link = new Link({ ...room, room: "", resumed: true }, session, meet, () => undefined);
    link.gone = true;
    return link;
  }

  get verified(): boolean {
    return this.session.verified;
  }

  get maySend(): boolean {
    return this.session.maySend;
  }

  get peerKeys(): Bundle | null {
    return this.session.peer;
  }

  /** 32 bytes only these two sides know, of this channel. */
  export(use: "resume" | "park"): Promise<Bytes> {
    return this.session.export(use);
  }

  get over(): boolean {
    return this.session.over;
  }

  start(): void {
    void this.take(this.session.start(performance.now()));
  }

  receive(body: Bytes): void {
    void this.take(this.session.receive(body, performance.now()));
  }

  /** About once a second. */
  tick(): void {
    void this.take(this.session.tick(performance.now()));
  }

  /** The server closed the room: what is said into it from here on would count as a violation. */
  closedByServer(): void {
    this.gone = true;
  }

  /** The other side is gone. Returns the code of what that means to the session, if it fails. */
  async disconnected(): Promise<string | null> {
    const events = await this.session.disconnected();
    this.flush();
    for (const event of events) if (event.event === "failed") return event.error.code;
    return null;
  }

  heard(): void {
    this.session.heard(performance.now());
  }

  wordsMatch(): void {
    this.session.wordsMatch();
  }

  /** The peer's keys are known well enough that no words are needed. */
  trust(): void {
    this.session.trust();
  }

  /** Does one thing with the session and sends what comes of it. */
  async step(step: (session: Session) => Promise<void>): Promise<void> {
    try {
      await step(this.session);
    } finally {
      this.flush();
    }
  }

  /** Says goodbye and leaves the room. */
  async leave(code: string | null = null): Promise<void> {
    await this.step((session) => session.bye(code)).catch(() => undefined);
    await this.close();
  }

  /** Leaves the room without another word. */
  async close(): Promise<void> {
    if (this.gone) return;
    this.gone = true;
    await this.meet.call("close", { room: this.room }).catch(() => undefined);
  }

  /** A ticket for one end of a relay stream of this room. */
  async ticket(stream: Bytes, end: StreamEnd): Promise<string> {
    const { ticket } = await this.meet.call("ticket", { room: this.room, stream: onTheWire(stream), end });
    return ticket;
  }

  /** STUN and TURN servers for this room, as the operator has set them. */
  async iceServers(): Promise<readonly IceServer[]> {
    const { servers } = await this.meet.call("ice", { room: this.room });
    return servers;
  }

  private async take(coming: Promise<readonly SessionEvent[]>): Promise<void> {
    const events = await coming;
    this.flush();
    for (const event of events) this.hear(this, event);
  }

  private flush(): void {
    for (const body of this.session.outbox()) {
      if (this.gone) continue;
      // A refusal means that the room is gone, and the server says so by itself.
      this.meet.call("signal", { room: this.room, body: onTheWire(body) }).catch(() => undefined);
    }
  }
}
