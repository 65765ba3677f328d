/** Two sessions that say everything to each other. */
import { ResumeSecret, commitment, newFileId, newFileKey, randomBytes } from "../../src/crypto_engine.ts";
import type { Offer } from "../../src/protocol/control.ts";
import { Handshake, type Known } from "../../src/protocol/handshake.ts";
import { Session, type SessionEvent, type SessionOptions } from "../../src/protocol/session.ts";

/** Two sessions in one room with a clock; what each hears is kept. */
export class Room {
  readonly a: Session;
  readonly b: Session;
  readonly heardByA: SessionEvent[] = [];
  readonly heardByB: SessionEvent[] = [];
  now = 1000;

  /** What both know beforehand says how they meet; `a` initiates. */
  constructor(known: readonly [Known, Known] = [null, null], options: SessionOptions = {}) {
    const id = randomBytes(16);
    const mode = known[0] instanceof ResumeSecret ? "resume" : known[0] === null ? "words" : "code";
    this.a = new Session(Handshake.initiator(id, mode, known[0]), options);
    this.b = new Session(Handshake.responder(id, mode, known[1]));
  }

  static async established(): Promise<Room> {
    const room = new Room();
    await room.start();
    room.a.wordsMatch();
    room.heardByA.length = room.heardByB.length = 0;
    return room;
  }

  /** Both go on in a new channel with the secret of an earlier one. */
  static async resumed(options: SessionOptions = {}): Promise<Room> {
    const secret = new ResumeSecret(randomBytes(32));
    const room = new Room([secret, secret], options);
    await room.start();
    room.heardByA.length = room.heardByB.length = 0;
    return room;
  }

  async start(): Promise<void> {
    await this.a.start(this.now);
    await this.b.start(this.now);
    await this.carry();
  }

  /** Delivers everything, both ways, until nobody has anything to say. */
  async carry(): Promise<void> {
    for (let round = 0; round < 20; round++) {
      const [toB, toA] = [this.a.outbox(), this.b.outbox()];
      if (toA.length + toB.length === 0) return;
      // Without waiting for each: the session keeps the order itself.
      const atB = Promise.all(toB.map((body) => this.b.receive(body, this.now)));
      const atA = Promise.all(toA.map((body) => this.a.receive(body, this.now)));
      this.heardByB.push(...(await atB).flat());
      this.heardByA.push(...(await atA).flat());
    }
    throw new Error("they never stop talking");
  }

  async pass(milliseconds: number, who: readonly ("a" | "b")[] = ["a", "b"]): Promise<SessionEvent[]> {
    const events: SessionEvent[] = [];
    for (let rest = milliseconds; rest > 0; rest -= 1000) {
      this.now += 1000;
      for (const side of who) events.push(...(await this[side].tick(this.now)));
      if (who.length === 2) await this.carry();
    }
    return events;
  }
}

export const names = (events: readonly SessionEvent[]): string[] => events.map(({ event }) => event);

/** One file of 3 bytes. */
export async function anOffer(key = newFileKey()): Promise<{ readonly offer: Offer; readonly key: typeof key }> {
  const id = newFileId();
  const offer: Offer = {
    type: "offer", id, version: 1, recordSize: 64, commitment: await commitment(key, id, 1),
    files: 1, bytes: 3, open: false, text: false, shared: false, preview: [{ path: "a", size: 3, kind: "file" }],
  };
  return { offer, key };
}
