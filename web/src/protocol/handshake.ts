/**
 * The live handshake (protocol.md §5, §6): five messages, three agreements in one, confirmed by the initiator first.
 *
 * No I/O and no clock. One call at a time; any failure ends the object for good.
 */
import {
  DH_GENERATOR,
  EMPTY,
  KEM_SEED_BYTES,
  Prk,
  X25519_BYTES,
  CHECK_WORD_BYTES,
  Code,
  ResumeSecret,
  checkWords,
  codeGenerator,
  dhPublic,
  dhShared,
  equalInConstantTime,
  hmacSha256,
  kemDecapsulate,
  kemEncapsulate,
  kemKeys,
  lp,
  newExponent,
  randomBytes,
  sha256,
  u8,
  x25519Public,
  x25519Shared,
  type KemKeys,
  type Randomness,
} from "../crypto_engine.ts";
import { IntegrityFailed, UsageError, VerificationFailed } from "../errors.ts";
import { malformed, sameBytes, utf8, type Bytes } from "../wire/encoding.ts";
import { ID_BYTES } from "../wire/limits.ts";
import { Channel, SEALED_CONTROL, type HandshakeRole } from "./channel.ts";
import {
  NONCE_BYTES,
  checkConfirmation,
  commitmentTo,
  readM1,
  readM2,
  readM3,
  writeConfirmation,
  writeM1,
  writeM2,
  writeM3,
  type Hello,
} from "./handshake_messages.ts";

export type Mode = "words" | "code" | "resume";
const MODE_BYTE: Readonly<Record<Mode, number>> = { words: 1, code: 2, resume: 3 };
/** What both must know beforehand: the code, or the resume secret of their first channel (§15.2); else nothing. */
export type Known = Code | ResumeSecret | null;

type State = "new" | "await M1" | "await M2" | "await M3" | "await M4" | "await M5" | "established" | "failed";
const AWAITED: Readonly<Partial<Record<State, number>>> = {
  "await M1": 1, "await M2": 2, "await M3": 3, "await M4": 4, "await M5": 5,
};

/** This side's private values and the public ones that go with them; gone once the keys are derived. */
interface Own {
  readonly exponent: Bytes;
  readonly dh: Bytes;
  readonly x: Bytes;
  readonly xPublic: Bytes;
  readonly nonce: Bytes;
}

interface Confirmations {
  readonly initiator: Bytes;
  readonly responder: Bytes;
}

export class Handshake {
  readonly role: HandshakeRole;
  readonly mode: Mode;
  readonly #room: Bytes;
  readonly #known: Known;
  readonly #random: Randomness;
  #state: State;
  #own: Own | undefined;
  #kem: KemKeys | undefined;
  #ikm: Bytes | undefined;
  #messages: Bytes[] = []; // M1, M2, M3: the transcript
  #transcript: Bytes | undefined;
  #prk: Prk | undefined;
  #confirmations: Confirmations | undefined;
  #channel: Channel | undefined;
  #words: readonly string[] = [];
  #guessIsOut = false;

  private constructor(role: HandshakeRole, room: Bytes, mode: Mode, known: Known, random: Randomness) {
    if (room.length !== ID_BYTES) throw malformed("a room id has 16 bytes");
    if ((mode === "code") !== known instanceof Code || (mode === "resume") !== known instanceof ResumeSecret) {
      throw new UsageError("code mode takes a code, resume mode a resume secret, words mode nothing");
    }
    this.role = role;
    this.mode = mode;
    this.#room = room.slice();
    this.#known = known;
    this.#random = random;
    this.#state = role === "initiator" ? "new" : "await M1";
  }

  /** The side that asked for the connection; in code mode, the one that showed the code; in resume mode, who it was before. */
  static initiator(room: Bytes, mode: Mode, known: Known = null, random: Randomness = randomBytes): Handshake {
    return new Handshake("initiator", room, mode, known, random);
  }

  static responder(room: Bytes, mode: Mode, known: Known = null, random: Randomness = randomBytes): Handshake {
    return new Handshake("responder", room, mode, known, random);
  }

  /** Both confirmations have verified. */
  get established(): boolean {
    return this.#state === "established";
  }

  get failed(): boolean {
    return this.#state === "failed";
  }

  /** M4 was sent and M5 did not verify (yet): in code mode, a guess is out. Stays so after a failure. */
  get awaitingConfirmation(): boolean {
    return this.#guessIsOut;
  }

  /** The four check words, once established and in words mode; else none. */
  get words(): readonly string[] {
    return this.established ? this.#words : [];
  }

  /** The hash of M1, M2 and M3, once they have passed. Public. */
  get transcript(): Bytes | undefined {
    return this.#transcript?.slice();
  }

  get channel(): Channel {
    if (!this.established || this.#channel === undefined) throw new UsageError("the handshake is not established");
    return this.#channel;
  }

  /** The first messages to send: M1 from the initiator, none from the responder. */
  async start(): Promise<Bytes[]> {
    if (this.role === "responder") return [];
    return this.#step(async () => {
      if (this.#state !== "new") throw outOfOrder();
      const own = await this.#makeOwn();
      this.#kem = await kemKeys(this.#random(KEM_SEED_BYTES));
      const nonce = this.#random(NONCE_BYTES);
      this.#own = { ...own, nonce };
      const hello = this.#hello(own.dh, own.xPublic, this.#kem.publicKey);
      const m1 = writeM1(hello, await commitmentTo(hello, nonce));
      this.#messages = [m1];
      this.#state = "await M2";
      return [m1];
    });
  }

  /** What to send in answer to one message of the other side. */
  async receive(body: Bytes): Promise<Bytes[]> {
    return this.#step(() => {
      if (AWAITED[this.#state] === undefined) throw outOfOrder(); // over, or not begun
      const type = body[0];
      if (type === undefined || (type !== SEALED_CONTROL && (type < 1 || type > 5))) throw malformed("not a handshake message");
      if (type !== AWAITED[this.#state]) throw outOfOrder();
      switch (type) {
        case 1:
          return this.#receiveM1(body);
        case 2:
          return this.#receiveM2(body);
        case 3:
          return this.#receiveM3(body);
        case 4:
          return this.#receiveM4(body);
        default:
          return this.#receiveM5(body);
      }
    });
  }

  async #receiveM1(m1: Bytes): Promise<Bytes[]> {
    const [room, mode, dhPeer, xPeer, kemPeer] = readM1(m1);
    if (!sameBytes(room, this.#room)) throw malformed("M1 of another room");
    if (mode[0] !== MODE_BYTE[this.mode]) {
      throw new VerificationFailed("the other side meets in another way", { code: "mode_mismatch" });
    }
    const own = await this.#makeOwn();
    const kem = await kemEncapsulate(kemPeer, this.#random(32));
    const nonce = this.#random(NONCE_BYTES);
    this.#own = { ...own, nonce };
    await this.#agree(dhPeer, xPeer, kem.secret);
    const m2 = writeM2(own.dh, own.xPublic, kem.ciphertext, nonce);
    this.#messages = [m1.slice(), m2];
    this.#state = "await M3";
    return [m2];
  }

  async #receiveM2(m2: Bytes): Promise<Bytes[]> {
    const [dhPeer, xPeer, ciphertext, noncePeer] = readM2(m2);
    const { nonce } = this.#ownValues();
    if (this.#kem === undefined) throw outOfOrder();
    if (sameBytes(noncePeer, nonce)) throw reflected();
    await this.#agree(dhPeer, xPeer, await kemDecapsulate(this.#kem, ciphertext));
    const m3 = writeM3(nonce);
    this.#messages.push(m2.slice(), m3);
    const confirmations = await this.#deriveKeys();
    this.#state = "await M5";
    this.#guessIsOut = true;
    return [m3, writeConfirmation(4, confirmations.initiator)];
  }

  async #receiveM3(m3: Bytes): Promise<Bytes[]> {
    const [noncePeer] = readM3(m3);
    const [m1] = this.#messages;
    if (m1 === undefined) throw outOfOrder();
    if (sameBytes(noncePeer, this.#ownValues().nonce)) throw reflected();
    const [room, mode, dh, x, kem, commitment] = readM1(m1);
    if (!equalInConstantTime(await commitmentTo([room, mode, dh, x, kem], noncePeer), commitment)) {
      throw new VerificationFailed("the other side changed its mind about its keys", { code: "commitment_mismatch" });
    }
    this.#messages.push(m3.slice());
    await this.#deriveKeys();
    this.#state = "await M4";
    return [];
  }

  async #receiveM4(m4: Bytes): Promise<Bytes[]> {
    const { initiator, responder } = this.#derived();
    checkConfirmation(m4, initiator);
    await this.#establish();
    return [writeConfirmation(5, responder)];
  }

  async #receiveM5(m5: Bytes): Promise<Bytes[]> {
    checkConfirmation(m5, this.#derived().responder);
    await this.#establish();
    return [];
  }

  async #makeOwn(): Promise<Omit<Own, "nonce">> {
    const generator = this.#known instanceof Code ? await codeGenerator(this.#known, this.#room) : DH_GENERATOR;
    const exponent = newExponent(this.#random);
    const x = this.#random(X25519_BYTES);
    return { exponent, dh: dhPublic(exponent, generator), x, xPublic: await x25519Public(x) };
  }

  #hello(dh: Bytes, x: Bytes, kem: Bytes): Hello {
    return [this.#room, u8(MODE_BYTE[this.mode]), dh, x, kem];
  }

  async #agree(dhPeer: Bytes, xPeer: Bytes, kemSecret: Bytes): Promise<void> {
    const own = this.#ownValues();
    if (sameBytes(dhPeer, own.dh) || sameBytes(xPeer, own.xPublic)) throw reflected();
    const agreed = [dhShared(own.exponent, dhPeer), await x25519Shared(own.x, xPeer), kemSecret];
    this.#ikm = this.#known instanceof ResumeSecret ? lp(...agreed, this.#known.reveal()) : lp(...agreed);
  }

  async #deriveKeys(): Promise<Confirmations> {
    if (this.#ikm === undefined) throw outOfOrder();
    const transcript = await sha256(lp(utf8("peerseal/1 transcript"), ...this.#messages));
    const prk = await Prk.extract(this.#ikm, transcript);
    const confirm = async (side: HandshakeRole): Promise<Bytes> =>
      hmacSha256(await prk.expand(`confirm-${side}`, EMPTY, 32), lp(utf8("peerseal/1 confirm"), transcript));
    this.#confirmations = { initiator: await confirm("initiator"), responder: await confirm("responder") };
    this.#transcript = transcript;
    this.#prk = prk;
    this.#ikm.fill(0);
    this.#ikm = this.#kem = undefined;
    return this.#confirmations;
  }

  async #establish(): Promise<void> {
    if (this.#prk === undefined) throw outOfOrder();
    this.#channel = await Channel.derive(this.role, this.#prk);
    if (this.mode === "words") this.#words = await checkWords(await this.#prk.expand("words", EMPTY, CHECK_WORD_BYTES));
    this.#state = "established";
    this.#guessIsOut = false;
    this.#forget();
  }

  /** Runs one step; whatever it raises is the end of this handshake. */
  async #step(step: () => Promise<Bytes[]>): Promise<Bytes[]> {
    try {
      return await step();
    } catch (error) {
      this.#state = "failed";
      this.#forget();
      throw error;
    }
  }

  #forget(): void {
    this.#own?.exponent.fill(0);
    this.#own?.x.fill(0);
    this.#kem?.secretKey.fill(0);
    this.#own = this.#kem = this.#ikm = this.#prk = this.#confirmations = undefined;
    this.#messages = [];
  }

  #ownValues(): Own {
    if (this.#own === undefined) throw outOfOrder();
    return this.#own;
  }

  #derived(): Confirmations {
    if (this.#confirmations === undefined) throw outOfOrder();
    return this.#confirmations;
  }
}

function reflected(): VerificationFailed {
  return new VerificationFailed("the other side sent our own values back", { code: "reflected" });
}

function outOfOrder(): IntegrityFailed {
  return new IntegrityFailed("a handshake message out of turn", { code: "out_of_order" });
}
