/**
 * One live session: what may happen when. The only table of transitions; no input, output or clock.
 *
 * The driver feeds what arrives (`receive`) and the time (`tick`, about once a second), sends what `outbox` gives,
 * and acts on the events. After `failed`, `peer_vanished`, `peer_left` or `bye` the session answers nothing more.
 * Calls may overlap: they take effect in the order they were made. Times are in milliseconds.
 */
import { checkCommitment, type Bundle, type FileKey, type Identity } from "../crypto_engine.ts";
import { IntegrityFailed, PeersealError, VerificationFailed } from "../errors.ts";
import { hexEncode, type Bytes } from "../wire/encoding.ts";
import {
  CANDIDATES_PER_TRANSFER,
  CONFIRMATION_SECONDS,
  DESCRIPTIONS_PER_TRANSFER,
  ICE_PER_TRANSFER,
  PING_SECONDS,
  SILENCE_SECONDS,
  TRANSFERS_MAX,
} from "../wire/limits.ts";
import type { Exporter } from "./channel.ts";
import {
  knownCode,
  type Candidates,
  type ControlMessage,
  type Description,
  type Have,
  type Ice,
  type Offer,
  type Path,
  type PathKind,
} from "./control.ts";
import { eventOf, type SessionEvent, type TransferMessage } from "./events.ts";
import type { Handshake } from "./handshake.ts";
import { Introduction } from "./introduction.ts";

export type { SessionEvent };

/** How far one transfer is. `asked`: where was said; `told`: have was said, a path comes next. */
export type Stage = "new" | "offered" | "accepted" | "keyed" | "carrying" | "asked" | "told" | "over";

type Who = "sender" | "receiver" | "either"; // of the file
type Steps = Readonly<Partial<Record<TransferMessage["type"], readonly [who: Who, next: Stage]>>>;

/** Stage and message → who says it, and the next stage. What is not here is out of order. */
const TRANSITIONS: Readonly<Record<Stage, Steps>> = {
  new: { offer: ["sender", "offered"], where: ["sender", "asked"] }, // where: in resume mode only
  offered: { answer: ["receiver", "accepted"] }, // a no: over
  accepted: { file_key: ["sender", "keyed"], ...addresses("accepted") },
  keyed: { path: ["sender", "carrying"], ...addresses("keyed") },
  carrying: {
    path: ["sender", "carrying"],
    ack: ["receiver", "carrying"],
    done: ["receiver", "over"],
    where: ["sender", "asked"],
    ...addresses("carrying"),
  },
  // What crosses the where counts.
  asked: { ack: ["receiver", "asked"], done: ["receiver", "over"], have: ["receiver", "told"], ...addresses("asked") },
  told: { path: ["sender", "carrying"], ack: ["receiver", "told"], done: ["receiver", "over"], ...addresses("told") },
  over: {},
};

/** Addresses change nothing. */
function addresses(stage: Stage): Steps {
  return { candidates: ["either", stage], description: ["either", stage], ice: ["either", stage] };
}

/** How often each side may say these for one transfer. */
const SAID_MAX: Readonly<Partial<Record<TransferMessage["type"], number>>> = {
  candidates: CANDIDATES_PER_TRANSFER,
  description: DESCRIPTIONS_PER_TRANSFER,
  ice: ICE_PER_TRANSFER,
};

class Transfer {
  readonly offer: Offer | null; // null: it goes on from another channel
  readonly sending: boolean;
  readonly said = new Map<string, number>();
  stage: Stage = "new";
  held: Pick<Have, "manifest" | "content"> | null = null; // where the next path begins, if that is known here

  constructor(offer: Offer | null, sending: boolean) {
    this.offer = offer;
    this.sending = sending;
  }
}

export interface SessionOptions {
  readonly verified?: boolean; // this person already knows the peer
  readonly unchecked?: boolean; // this person chose to send without comparing words; `maySend` of the channel before
  readonly peer?: Bundle | null; // in resume mode: whom the peer proved to be in the channel before
}

/** Two peers in a room, from the first handshake message to goodbye. */
export class Session {
  readonly #handshake: Handshake;
  readonly #transfers = new Map<string, Transfer>();
  readonly #introduction: Introduction;
  #verified: boolean;
  #maySend: boolean;
  #outbox: Bytes[] = [];
  #over = false;
  #heard = 0;
  #pinged = 0;
  #pings = 0;
  #unanswered = 0;
  #confirmBy = Infinity;
  #last: Promise<unknown> = Promise.resolve();

  /** In words mode, `offer` and `fileKey` are refused until `wordsMatch` or `trust`, unless the options say otherwise. */
  constructor(handshake: Handshake, { verified = false, unchecked = false, peer = null }: SessionOptions = {}) {
    this.#handshake = handshake;
    this.#introduction = new Introduction(handshake, peer);
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
      this.#heard = this.#pinged = now;
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
        this.heard(now);
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
      if (now >= this.#confirmBy && this.#handshake.awaitingConfirmation) return [await this.#fail(wrongCode())];
      if (now - this.#pinged >= PING_SECONDS * 1000) {
        this.#pinged = now;
        this.#unanswered++;
        if (this.established) await this.#say({ type: "ping", n: ++this.#pings });
      }
      // A machine that slept gets to read what waits for it: several pings must have gone unanswered.
      const patience = Math.floor(SILENCE_SECONDS / PING_SECONDS) - 1;
      if (now - this.#heard >= SILENCE_SECONDS * 1000 && this.#unanswered >= patience) {
        this.#over = true;
        return [{ event: "peer_vanished" }];
      }
      return [];
    });
  }

  /** Something authentic arrived: the driver says so for records it opened. */
  heard(now: number): void {
    this.#heard = Math.max(this.#heard, now);
    this.#unanswered = 0;
  }

  /** The room is gone. In code mode, before M5 verified, that is a wrong code. */
  disconnected(): Promise<SessionEvent[]> {
    return this.#inTurn(async () => {
      if (this.#over) return [];
      if (this.#guessIsOut()) return [await this.#fail(wrongCode())];
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
    return this.#inTurn(async () => {
      this.#checkMaySend();
      const transfer = this.#transfers.get(hexEncode(offer.id)) ?? new Transfer(offer, true);
      await this.#advance(transfer, offer, true);
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

  /** Asks what the receiver holds. In resume mode also for a transfer of an earlier channel. */
  where(id: Bytes): Promise<void> {
    return this.#inTurn(async () => {
      const known = this.#transfers.get(hexEncode(id));
      if (known === undefined && !this.#resumed()) throw outOfOrder("there is no such transfer");
      await this.#advance(known ?? new Transfer(null, true), { type: "where", id }, true);
    });
  }

  /** Answers `where`. `marks`: the hash over the marks of those records, 32 bytes. */
  have(id: Bytes, manifest: number, content: number, bytes: number, marks: Bytes): Promise<void> {
    return this.#inTurn(() => this.#act({ type: "have", id, manifest, content, bytes, marks }));
  }

  /** Tells where this side listens by TCP; nothing if the transfer is over by now. `limit` after 4. */
  candidates(id: Bytes, port: number, addresses: readonly string[], here: Bytes): Promise<void> {
    return this.#tell({ type: "candidates", id, port, addresses, here });
  }

  /** Tells this side's session description; nothing if the transfer is over by now. `limit` after 4. */
  description(id: Bytes, description: Omit<Description, "type" | "id">): Promise<void> {
    return this.#tell({ ...description, type: "description", id });
  }

  /** Tells 1 to 16 addresses for WebRTC; nothing if the transfer is over by now. `limit` after 8 messages. */
  ice(id: Bytes, candidates: Ice["candidates"]): Promise<void> {
    return this.#tell({ type: "ice", id, candidates });
  }

  /** Says what is kept so far; nothing if the transfer is over by now. */
  ack(id: Bytes, manifest: number, content: number, bytes: number): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#transfers.has(hexEncode(id))) await this.#act({ type: "ack", id, manifest, content, bytes });
    });
  }

  /** Says every file stands under its final name; the transfer is over. */
  done(id: Bytes): Promise<void> {
    return this.#inTurn(() => this.#act({ type: "done", id }));
  }

  /** Ends one transfer, or with null all; nothing if it is over by now. */
  cancel(id: Bytes | null, code: string, message: string | null = null): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#over || !this.established || (id !== null && !this.#transfers.has(hexEncode(id)))) return;
      this.#forget(id);
      await this.#say({ type: "cancel", id, code, message });
    });
  }

  /** Ends the session. */
  bye(code: string | null = null): Promise<void> {
    return this.#inTurn(() => this.#end(code));
  }

  async #shake(body: Bytes, now: number): Promise<SessionEvent[]> {
    this.#outbox.push(...(await this.#handshake.receive(body)));
    this.heard(now);
    if (this.#guessIsOut()) this.#confirmBy = now + CONFIRMATION_SECONDS * 1000;
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
        if (message.id !== null && !this.#transfers.has(hexEncode(message.id))) return [];
        this.#forget(message.id);
        return [{ event: "cancelled", id: message.id, code: knownCode(message.code), message: message.message }];
      case "offer": {
        this.#checkRoom();
        const transfer = this.#transfers.get(hexEncode(message.id)) ?? new Transfer(message, false);
        return this.#advance(transfer, message, false);
      }
      case "where": {
        const known = this.#transfers.get(hexEncode(message.id));
        if (known === undefined && !this.#resumed()) return [];
        if (known === undefined) this.#checkRoom();
        return this.#advance(known ?? new Transfer(null, false), message, false);
      }
      default: {
        const known = this.#transfers.get(hexEncode(message.id));
        return known === undefined ? [] : this.#advance(known, message, false);
      }
    }
  }

  async #act(message: TransferMessage): Promise<void> {
    const transfer = this.#transfers.get(hexEncode(message.id));
    if (transfer === undefined) throw outOfOrder("there is no such transfer");
    await this.#advance(transfer, message, true);
  }

  /** What may cross the end of a transfer: nothing then. */
  #tell(message: Candidates | Description | Ice): Promise<void> {
    return this.#inTurn(async () => {
      if (!this.#over && this.#transfers.has(hexEncode(message.id))) await this.#act(message);
    });
  }

  async #advance(transfer: Transfer, message: TransferMessage, own: boolean): Promise<SessionEvent[]> {
    const [who, next] = TRANSITIONS[transfer.stage][message.type] ?? [null, "over" as const];
    const speaker: Who = transfer.sending === own ? "sender" : "receiver";
    if (this.#over || (who !== speaker && who !== "either")) throw outOfOrder(`${message.type} while ${transfer.stage}`);
    await checkAgainst(transfer, message, own);
    if (own) {
      await this.#say(message);
      this.#introduction.passed(message, "own");
    }
    transfer.stage = message.type === "answer" && !message.accept ? "over" : next;
    this.#transfers.set(hexEncode(message.id), transfer);
    if (transfer.stage === "over") this.#forget(message.id);
    return own ? [] : [eventOf(message)];
  }

  async #say(message: ControlMessage): Promise<void> {
    this.#outbox.push(await this.#handshake.channel.seal(message));
  }

  async #end(code: string | null): Promise<void> {
    if (this.established && !this.#over) await this.#say({ type: "bye", code });
    this.#over = true;
  }

  #forget(id: Bytes | null): void {
    if (id === null) this.#transfers.clear();
    else this.#transfers.delete(hexEncode(id));
  }

  async #fail(error: unknown): Promise<SessionEvent> {
    if (!(error instanceof PeersealError)) throw error;
    // However a handshake ends once a guess is out, the guess was made: anything else would allow another.
    const refused = error.code === "confirmation_failed" && this.#handshake.mode === "code";
    const reason = refused || this.#guessIsOut() ? wrongCode() : error;
    await this.#end(reason.code);
    return { event: "failed", error: reason };
  }

  #resumed(): boolean {
    return this.#handshake.mode === "resume";
  }

  #checkRoom(): void {
    if (this.#transfers.size >= TRANSFERS_MAX) throw limit("too many transfers at once");
  }

  #guessIsOut(): boolean {
    return this.#handshake.mode === "code" && this.#handshake.awaitingConfirmation;
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

/** What a message says must fit what was said before of its transfer; remembers what later ones must fit. */
async function checkAgainst(transfer: Transfer, message: TransferMessage, own: boolean): Promise<void> {
  if (message.type === "file_key" && transfer.offer !== null) {
    const { id, version, commitment } = transfer.offer;
    await checkCommitment(message.key, id, version, commitment);
  }
  if (message.type === "have") transfer.held = { manifest: message.manifest, content: message.content };
  if (message.type === "path") {
    checkStart(transfer, message);
    transfer.held = null;
  }
  const most = SAID_MAX[message.type];
  if (most === undefined) return;
  const key = `${message.type} ${own ? "own" : "peer"}`;
  const said = (transfer.said.get(key) ?? 0) + 1;
  if (said > most) throw limit(`too many ${message.type} messages`);
  transfer.said.set(key, said);
}

/** The first path begins at the start, one after `have` where that ended; a store may begin before. */
function checkStart(transfer: Transfer, path: Path): void {
  const start = transfer.stage === "keyed" ? { manifest: 0, content: 0 } : transfer.held;
  if (start === null) return; // a change without a break: the driver knows what came
  const exact = path.manifest === start.manifest && path.content === start.content;
  const before = path.manifest <= start.manifest && path.content <= start.content;
  if (!(path.kind === "store" ? before : exact)) throw outOfOrder("a path that begins somewhere else");
}

function wrongCode(): VerificationFailed {
  const hint = "A code is good for one try; make a new one on the sending side.";
  return new VerificationFailed("the code was wrong", { code: "wrong_code", hint });
}

function limit(why: string): IntegrityFailed {
  return new IntegrityFailed(why, { code: "limit" });
}

function outOfOrder(why: string): IntegrityFailed {
  return new IntegrityFailed(why, { code: "out_of_order" });
}
