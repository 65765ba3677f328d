/**
 * One live session: who may say what, from the handshake to goodbye. No input, output or clock.
 *
 * The driver feeds what arrives (`receive`) and the time (`tick`, about once a second), sends what `outbox` gives,
 * and acts on the events. After `failed`, `peer_vanished`, `peer_left` or `bye` the session answers nothing more.
 * Calls may overlap: they take effect in the order they were made. Times are in milliseconds.
 */
import type { Bundle, FileKey, Identity } from "../crypto_engine.ts";
import { IntegrityFailed, PeersealError, VerificationFailed } from "../errors.ts";
import type { Bytes } from "../wire/encoding.ts";
import type { Exporter } from "./channel.ts";
import {
  knownCode,
  type ControlMessage,
  type DescriptionFields,
  type Ice,
  type Offer,
  type PathKind,
} from "./control.ts";
import { eventOf, type SessionEvent, type TransferMessage } from "./events.ts";
import { Guess, wrongCode } from "./guess.ts";
import type { Handshake } from "./handshake.ts";
import { Introduction } from "./introduction.ts";
import { Pulse } from "./pulse.ts";
import type { Transfer } from "./stages.ts";
import { Transfers } from "./transfers.ts";

export type { SessionEvent };

export interface SessionOptions {
  readonly verified?: boolean; // this person already knows the peer
  readonly unchecked?: boolean; // this person chose to send without comparing words; `maySend` of the channel before
  readonly peer?: Bundle | null; // in resume mode: whom the peer proved to be in the channel before
}

/** Two peers in a room, from the first handshake message to goodbye. */
export class Session {
  readonly #handshake: Handshake;
  readonly #introduction: Introduction;
  readonly #guess: Guess;
  readonly #pulse = new Pulse();
  readonly #transfers: Transfers;
  #verified: boolean;
  #maySend: boolean;
  #outbox: Bytes[] = [];
  #over = false;
  #pings = 0;
  #last: Promise<unknown> = Promise.resolve();

  /** In words mode, `offer` and `fileKey` are refused until `wordsMatch` or `trust`, unless the options say otherwise. */
  constructor(handshake: Handshake, { verified = false, unchecked = false, peer = null }: SessionOptions = {}) {
    this.#handshake = handshake;
    this.#introduction = new Introduction(handshake, peer);
    this.#guess = new Guess(handshake);
    this.#transfers = new Transfers(handshake.mode === "resume");
    this.#verified = verified;
    this.#maySend = verified || unchecked || handshake.mode === "code";
  }

  /** Set by this side's person only. */
  get verified(): boolean {
    return this.#verified;
  }

  /** Offers and file keys are not held back. */
  get maySend(): boolean {
    return this.#maySend;
  }

  get established(): boolean {
    return this.#handshake.established;
  }

  /** The keys the other side has proved to hold; null as long as it has not. */
  get peer(): Bundle | null {
    return this.#introduction.peer;
  }

  /** Nothing more will happen. */
  get over(): boolean {
    return this.#over;
  }

  /** M4 was sent and M5 did not verify: in code mode an end now, whatever its cause, spends the code. */
  get awaitingConfirmation(): boolean {
    return this.#handshake.awaitingConfirmation;
  }

  /** Begins; `now` is any clock in milliseconds that does not go back. */
  start(now: number): Promise<SessionEvent[]> {
    return this.#inTurn(async () => {
      this.#pulse.start(now);
      this.#outbox.push(...(await this.#handshake.start()));
      return [];
    });
  }

  /** Takes one message of the room. */
  receive(body: Bytes, now: number): Promise<SessionEvent[]> {
    return this.#inTurn(async () => {
      if (this.#over) return [];
      try {
        if (!this.established) return await this.#shake(body, now);
        const message = await this.#handshake.channel.open(body);
        this.#pulse.heard(now);
        return await this.#take(message);
      } catch (error) {
        return [await this.#fail(error)];
      }
    });
  }

  /** Lets time pass: pings every 5 s, notices a silent peer, ends a wait for confirmation. */
  tick(now: number): Promise<SessionEvent[]> {
    return this.#inTurn(async () => {
      if (this.#over) return [];
      if (this.#guess.late(now)) return [await this.#fail(wrongCode())];
      if (this.#pulse.due(now) && this.established) await this.#say({ type: "ping", n: ++this.#pings });
      if (!this.#pulse.silent(now)) return [];
      this.#over = true;
      return [{ event: "peer_vanished" }];
    });
  }

  /** Something authentic arrived: the driver says so for records it opened. */
  heard(now: number): void {
    this.#pulse.heard(now);
  }

  /** The room is gone. In code mode, before M5 verified, that is a wrong code. */
  disconnected(): Promise<SessionEvent[]> {
    return this.#inTurn(async () => {
      if (this.#over) return [];
      if (this.#guess.out) return [await this.#fail(wrongCode())];
      this.#over = true;
      return [{ event: "peer_left", code: null }];
    });
  }

  /** 32 bytes only these two sides know, once established: `resume` of the first channel, `park` of the one a key went over. */
  export(use: Exporter): Promise<Bytes> {
    return this.#inTurn(() => this.#handshake.channel.export(use));
  }

  /** Messages to send, in order; each is given once. */
  outbox(): Bytes[] {
    return this.#outbox.splice(0);
  }

  /** This side's person compared the words. */
  wordsMatch(): void {
    if (!this.established) throw outOfOrder("there are no words yet");
    this.#verified = this.#maySend = true;
  }

  /** This side's person saw other words: the session is over, the peer is told. */
  wordsDiffer(): Promise<void> {
    return this.bye("words_differ");
  }

  /** This side knows the keys the peer proved to hold: no words are needed. `out_of_order` without them. */
  trust(): void {
    if (this.peer === null) throw outOfOrder("the peer has not said who it is");
    this.#verified = this.#maySend = true;
  }

  /** Says and proves who this side is: once, before its first offer or answer, else `out_of_order`. */
  identity(identity: Identity): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#over) throw outOfOrder("the session is over");
      await this.#say(await this.#introduction.say(identity));
    });
  }

  /** Offers a file. `not_verified` in words mode until the words were compared. */
  offer(offer: Offer): Promise<void> {
    return this.#inTurn(() => {
      this.#checkMaySend();
      return this.#act(offer);
    });
  }

  /** Says yes or no to an offer of the peer's. */
  answer(id: Bytes, accept: boolean, code: string | null = null, message: string | null = null): Promise<void> {
    return this.#inTurn(() => this.#act({ type: "answer", id, accept, code, message }));
  }

  /** Gives the key of an accepted offer. */
  fileKey(id: Bytes, key: FileKey): Promise<void> {
    return this.#inTurn(() => {
      this.#checkMaySend();
      return this.#act({ type: "file_key", id, key });
    });
  }

  /** Names the stream the records will come on, and the first of each; again for a change of path, and after `have`. */
  path(id: Bytes, kind: PathKind, stream: Bytes, manifest = 0, content = 0): Promise<void> {
    return this.#inTurn(() => this.#act({ type: "path", id, kind, stream, manifest, content }));
  }

  /** Asks what the receiver holds, after a break; in resume mode also of a transfer of the channel before. */
  where(id: Bytes): Promise<void> {
    return this.#inTurn(() => this.#act({ type: "where", id }));
  }

  /** Answers `where`. `marks`: the hash over the marks of those records, 32 bytes. */
  have(id: Bytes, manifest: number, content: number, bytes: number, marks: Bytes): Promise<void> {
    return this.#inTurn(() => this.#act({ type: "have", id, manifest, content, bytes, marks }));
  }

  /** Tells this side's session description, after the accepting answer. `limit` after 4. */
  description(id: Bytes, description: DescriptionFields): Promise<void> {
    return this.#inTurn(() => this.#act({ ...description, type: "description", id }));
  }

  /** Tells 1 to 16 addresses for WebRTC, after the accepting answer. `limit` after 8 messages. */
  ice(id: Bytes, candidates: Ice["candidates"]): Promise<void> {
    return this.#inTurn(() => this.#act({ type: "ice", id, candidates }));
  }

  /** Says what is kept so far; nothing if the transfer is over by now, or `have` has just said it. */
  ack(id: Bytes, manifest: number, content: number, bytes: number): Promise<void> {
    return this.#inTurn(async () => {
      const stage = this.#transfers.stageOf(id);
      if (stage !== undefined && stage !== "held") await this.#act({ type: "ack", id, manifest, content, bytes });
    });
  }

  /** Says every file stands under its final name; the transfer is over (nothing if it was by now). */
  done(id: Bytes): Promise<void> {
    return this.#inTurn(() => this.#act({ type: "done", id }));
  }

  /** Ends one transfer, or with null all; nothing if it is over by now. */
  cancel(id: Bytes | null, code: string, message: string | null = null): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#over || !this.established || (id !== null && !this.#transfers.has(id))) return;
      this.#transfers.end(id);
      await this.#say({ type: "cancel", id, code, message });
    });
  }

  /** Ends the session. */
  bye(code: string | null = null): Promise<void> {
    return this.#inTurn(() => this.#end(code));
  }

  async #shake(body: Bytes, now: number): Promise<SessionEvent[]> {
    this.#outbox.push(...(await this.#handshake.receive(body)));
    this.#pulse.heard(now);
    this.#guess.passed(now);
    return this.established ? [{ event: "established", words: this.#handshake.words }] : [];
  }

  async #take(message: ControlMessage): Promise<SessionEvent[]> {
    this.#introduction.passed(message, "peer");
    switch (message.type) {
      case "identity":
        return [{ event: "identity", bundle: await this.#introduction.take(message) }];
      case "ping":
        await this.#say({ type: "pong", n: message.n });
        return [];
      case "pong":
        return [];
      case "bye":
        this.#over = true;
        return [{ event: "peer_left", code: message.code === null ? null : knownCode(message.code) }];
      case "cancel":
        if (message.id !== null && !this.#transfers.has(message.id)) return [];
        this.#transfers.end(message.id);
        return [{ event: "cancelled", id: message.id, code: knownCode(message.code), message: message.message }];
      default:
        return this.#advance(this.#transfers.heard(message), message, false);
    }
  }

  async #act(message: TransferMessage): Promise<void> {
    await this.#advance(this.#transfers.said(message), message, true);
  }

  /** One step of a transfer; nothing happens with null. */
  async #advance(transfer: Transfer | null, message: TransferMessage, own: boolean): Promise<SessionEvent[]> {
    if (transfer === null) return [];
    if (this.#over) throw outOfOrder("the session is over");
    const next = await transfer.following(message, own);
    if (own) {
      await this.#say(message);
      this.#introduction.passed(message, "own");
    }
    this.#transfers.moved(transfer, message, own, next);
    return own ? [] : [eventOf(message)];
  }

  async #say(message: ControlMessage): Promise<void> {
    this.#outbox.push(await this.#handshake.channel.seal(message));
  }

  async #end(code: string | null): Promise<void> {
    if (this.established && !this.#over) await this.#say({ type: "bye", code });
    this.#over = true;
  }

  async #fail(error: unknown): Promise<SessionEvent> {
    if (!(error instanceof PeersealError)) throw error;
    const reason = this.#guess.meaning(error);
    await this.#end(reason.code);
    return { event: "failed", error: reason };
  }

  #checkMaySend(): void {
    if (this.#maySend) return;
    const hint = "Compare the four words with the other person first.";
    throw new VerificationFailed("the check words were not compared", { hint });
  }

  /** Sealing and opening wait for the crypto; the next call waits for them, so that numbers stay in order. */
  #inTurn<T>(step: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(step);
    this.#last = turn.catch(() => undefined); // its caller gets the failure; the next turn begins regardless
    return turn;
  }
}

function outOfOrder(why: string): IntegrityFailed {
  return new IntegrityFailed(why, { code: "out_of_order" });
}
