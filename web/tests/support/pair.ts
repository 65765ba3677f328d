/** Two pages in one process: real sessions, real sealing, real sinks; only the server between them is a queue. */
import type { StoreKind } from "../../src/files/stores.ts";
import { Courier } from "../../src/transfer/courier.ts";
import { Ledger } from "../../src/transfer/ledger.ts";
import type { Link } from "../../src/transfer/link.ts";
import type { FromWorker } from "../../src/transfer/bridge.ts";
import type { Person, TransferPhase } from "../../src/transfer/state.ts";
import { textSource, type Source } from "../../src/files/source.ts";
import { openStoreKind } from "../../src/files/stores.ts";
import { ResumeSecret } from "../../src/crypto_engine.ts";
import { Handshake } from "../../src/protocol/handshake.ts";
import { Session } from "../../src/protocol/session.ts";
import { ByteQueue } from "../../src/transport/byte_queue.ts";
import { Interrupted } from "../../src/errors.ts";
import { hexEncode, type Bytes } from "../../src/wire/encoding.ts";

export type Tamper = (piece: Bytes) => Bytes;

export class Side {
  /** Ids of the transfers the other offered. */
  readonly offered: Bytes[] = [];
  readonly saved: { readonly name: string; readonly blob: Blob }[] = [];
  readonly ledger: Ledger;
  readonly courier: Courier;
  session: Session;
  private readonly person: Person;
  private deliver: (body: Bytes) => void = () => undefined;

  constructor(name: string, session: Session, stores: StoreKind, wire: Wire, base: string | null) {
    this.session = session;
    this.person = { id: "0".repeat(32), tag: "0000", name, role: "sender", account: null };
    const post = (message: FromWorker): void => {
      if (message.type === "save") this.saved.push(message);
    };
    this.ledger = new Ledger(() => undefined, post);
    this.courier = new Courier(this.link(session, false), this.ledger, stores, {
      send: (_, stream) => Promise.resolve(wire.sendEnd(stream)),
      receive: (_, stream) => Promise.resolve(wire.receiveEnd(stream)),
      direct: () => Promise.resolve(null),
      route: "auto",
      base,
    }, { journals: null, bond: () => null, interrupted: () => undefined }, post);
  }

  /** The channel of this session, as the transfers see it. */
  private link(session: Session, resumed: boolean): Link {
    const link = {
      peer: this.person,
      mode: "code",
      verified: true,
      resumed,
      get over() {
        return session.over;
      },
      step: async (step: (session: Session) => Promise<void>) => {
        try {
          await step(session);
        } finally {
          if (session === this.session) this.flush();
        }
      },
      heard: () => undefined,
      export: (use: "park") => session.export(use),
    };
    return link as unknown as Link;
  }

  /** The room is gone, for now. `code`: as the server, or the other one, said so. */
  async loses(code = "vanished"): Promise<void> {
    await this.session.disconnected();
    this.courier.leave(code);
  }

  /** Both met again in this session. */
  finds(session: Session): void {
    this.session = session;
  }

  goesOn(): void {
    this.courier.back(this.link(this.session, true));
  }

  meets(other: Side): void {
    this.deliver = (body) => void other.hear(body);
  }

  flush(): void {
    for (const body of this.session.outbox()) this.deliver(body);
  }

  /** Says something in the session itself, as a peer that does not keep to the rules may. */
  async say(step: (session: Session) => Promise<void>): Promise<void> {
    await step(this.session);
    this.flush();
  }

  send(id: string, source: Source): void {
    const line = this.ledger.open({
      id, direction: "send", peer: this.person, verified: true, phase: "queued",
      title: id, fileCount: source.entries.length, total: source.bytes, text: null,
    });
    this.courier.send(line, source);
  }

  sendText(id: string, text: string): void {
    this.send(id, textSource(text));
  }

  /** Waits until the last transfer is in this phase. */
  async reaches(phase: TransferPhase): Promise<void> {
    for (let tries = 0; tries < 1_000; tries++) {
      if (this.last?.phase === phase) return;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    throw new Error(`${this.person.name} stays ${String(this.last?.phase)}: ${JSON.stringify(this.last?.problem)}`);
  }

  /** Waits until nothing is under way. */
  async settled(): Promise<void> {
    const isOver = (id: string): boolean => this.ledger.get(id)?.over === true;
    for (let tries = 0; tries < 1_000 && !this.ledger.snapshots().every(({ id }) => isOver(id)); tries++) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  get last() {
    return this.ledger.snapshots().at(-1);
  }

  private async hear(body: Bytes): Promise<void> {
    if (this.session.over) return;
    const events = await this.session.receive(body, performance.now());
    this.flush();
    for (const event of events) {
      if (event.event === "offer") this.offered.push(event.offer.id);
      await this.courier.hear(event);
    }
  }
}

class Pipe extends ByteQueue {
  cut = false;
  deaf = false;
}

/** Streams of bytes between the two, by their ids. `tamper` sees what passes. */
export class Wire {
  tamper: Tamper = (piece) => piece;
  /** The stream breaks each time so many bytes have passed in all, counted over all streams. Rising. */
  cuts: number[] = [];
  /** From here on the stream carries nothing more, which only the receiver notices: it breaks, or it ends. Once. */
  lost: { readonly at: number; readonly ends: boolean } | null = null;
  /** Pieces with a beginning of their own: how often each record's frame was sent. */
  readonly frames = new Map<string, number>();
  /** How often a path was opened. */
  opened = 0;
  private passed = 0;
  private readonly queues = new Map<string, Pipe>();

  sendEnd(stream: Bytes) {
    const queue = this.queue(stream);
    this.opened++;
    return {
      kind: "relay" as const,
      detail: "websocket" as const,
      send: (...pieces: readonly Bytes[]) => {
        for (const piece of pieces) {
          const frame = `${String(piece[4])}:${String(new DataView(piece.buffer, piece.byteOffset).getBigUint64(8))}`;
          this.frames.set(frame, (this.frames.get(frame) ?? 0) + 1);
          const cut = this.cuts[0];
          if (cut !== undefined && this.passed + piece.length >= cut) {
            this.cuts.shift();
            queue.push(piece.slice(0, cut - this.passed));
            this.passed = cut;
            queue.cut = true;
            setTimeout(() => { queue.end(new Interrupted()); }, 1);
            return Promise.reject(new Interrupted());
          }
          if (this.lost !== null && this.passed + piece.length >= this.lost.at) {
            queue.deaf = true;
            queue.end(this.lost.ends ? undefined : new Interrupted());
            this.lost = null;
          }
          this.passed += piece.length;
          if (!queue.deaf) queue.push(this.tamper(piece.slice()));
        }
        return queue.cut ? Promise.reject(new Interrupted()) : Promise.resolve();
      },
      finish: () => {
        queue.end();
        return Promise.resolve();
      },
      abort: () => {
        queue.end(new Interrupted());
      },
    };
  }

  receiveEnd(stream: Bytes) {
    const queue = this.queue(stream);
    return {
      kind: "relay" as const,
      detail: "websocket" as const,
      receiveInto: (view: Uint8Array) => queue.takeInto(view),
      hasMore: () => queue.length > 0,
      drain: () => { queue.end(new Interrupted()); },
      abort: () => undefined,
    };
  }

  /** Every stream breaks. */
  cutAll(): void {
    for (const queue of this.queues.values()) {
      queue.cut = true;
      queue.end(new Interrupted());
    }
  }

  private queue(stream: Bytes): Pipe {
    const queue = this.queues.get(hexEncode(stream)) ?? new Pipe();
    this.queues.set(hexEncode(stream), queue);
    return queue;
  }
}

/** Two sides whose handshake is done. `base`: the address of a server that parks. */
export async function pair(base: string | null = null): Promise<{ readonly alice: Side; readonly bob: Side; readonly wire: Wire }> {
  const room = new Uint8Array(16).fill(7);
  const wire = new Wire();
  const stores = await openStoreKind();
  const [one, two] = [new Session(Handshake.initiator(room, "words"), { verified: true }), new Session(Handshake.responder(room, "words"))];
  const [alice, bob] = [new Side("Alice", one, stores, wire, base), new Side("Bob", two, stores, wire, base)];
  alice.meets(bob);
  bob.meets(alice);
  await one.start(0);
  alice.flush();
  for (let tries = 0; tries < 1_000 && !(one.established && two.established); tries++) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  if (!(one.established && two.established)) throw new Error("the handshake did not end");
  alice.courier.clear();
  return { alice, bob, wire };
}

/** Cuts everything between the two: their channel, and what moves. */
export async function apart(alice: Side, bob: Side, wire: Wire): Promise<void> {
  await Promise.all([alice.loses(), bob.loses()]);
  wire.cutAll();
}

/** Both meet again, in a channel only they can open. */
export async function together(alice: Side, bob: Side, secret: ResumeSecret): Promise<void> {
  const room = new Uint8Array(16).fill(9);
  const [one, two] = [
    new Session(Handshake.initiator(room, "resume", secret), { verified: true }),
    new Session(Handshake.responder(room, "resume", secret)),
  ];
  alice.finds(one);
  bob.finds(two);
  await one.start(0);
  alice.flush();
  for (let tries = 0; tries < 1_000 && !(one.established && two.established); tries++) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  bob.goesOn();
  alice.goesOn();
}
