/** The control channel (protocol.md §5.2): numbered, sealed messages in both directions; one mistake ends it. */
import { Prk, aesGcm, join, lp, u64, u8, EMPTY, TAG_BYTES, type Aead } from "../crypto_engine.ts";
import { IntegrityFailed, UsageError } from "../errors.ts";
import { malformed, type Bytes } from "../wire/encoding.ts";
import { decodeControl, encodeControl, type ControlMessage } from "./control.ts";

/** First byte of every sealed control message; handshake messages begin with 1 to 5. */
export const SEALED_CONTROL = 16;
const HEADER_BYTES = 10; // u8 16 ‖ u8 type ‖ u64 sequence
const SEQUENCE_END = 2 ** 32;

export type HandshakeRole = "initiator" | "responder";
export type Exporter = "resume" | "direct" | "relay" | "park";

export class Channel {
  readonly #ownDirection: number;
  readonly #sealing: Aead;
  readonly #opening: Aead;
  readonly #prk: Prk | undefined;
  #sent = 0;
  #received = 0;
  #failed = false;

  private constructor(ownDirection: number, sealing: Aead, opening: Aead, prk: Prk | undefined) {
    this.#ownDirection = ownDirection;
    this.#sealing = sealing;
    this.#opening = opening;
    this.#prk = prk;
  }

  /** The channel that follows from a finished handshake. */
  static async derive(role: HandshakeRole, prk: Prk): Promise<Channel> {
    const [initiator, responder] = await Promise.all([
      prk.expand("key-initiator", EMPTY, 32),
      prk.expand("key-responder", EMPTY, 32),
    ]);
    return Channel.withKeys(role, initiator, responder, prk);
  }

  /** A channel of known keys; without `prk` it exports nothing. */
  static async withKeys(role: HandshakeRole, initiator: Bytes, responder: Bytes, prk?: Prk): Promise<Channel> {
    const [first, second] = await Promise.all([aesGcm(initiator), aesGcm(responder)]);
    return role === "initiator" ? new Channel(1, first, second, prk) : new Channel(2, second, first, prk);
  }

  /** The next message from this side. To be called again only when it has settled. */
  async seal(message: ControlMessage): Promise<Bytes> {
    const { type, body } = encodeControl(message);
    const sequence = this.#sent++;
    if (sequence >= SEQUENCE_END) throw limit();
    const sealed = await this.#sealing.seal(nonceFor(sequence), associatedFor(this.#ownDirection, sequence, type), body);
    return join(u8(SEALED_CONTROL), u8(type), u64(sequence), sealed);
  }

  /** The next message from the other side. Any failure ends the channel: after it nothing opens. */
  async open(body: Bytes): Promise<ControlMessage> {
    if (this.#failed) throw outOfOrder("the channel has ended");
    this.#failed = true; // until this message has opened
    if (body.length < HEADER_BYTES + TAG_BYTES || body[0] !== SEALED_CONTROL) throw malformed("not a sealed control message");
    const view = new DataView(body.buffer, body.byteOffset, HEADER_BYTES);
    const type = view.getUint8(1);
    if (view.getBigUint64(2) !== BigInt(this.#received)) throw outOfOrder("a control message out of order");
    const sequence = this.#received++;
    if (sequence >= SEQUENCE_END) throw limit();
    const associated = associatedFor(3 - this.#ownDirection, sequence, type);
    const message = decodeControl(type, await this.#opening.open(nonceFor(sequence), associated, body.subarray(HEADER_BYTES)));
    this.#failed = false;
    return message;
  }

  /** 32 bytes only these two sides know, for another use of the same handshake. */
  async export(use: Exporter): Promise<Bytes> {
    if (this.#prk === undefined) throw new UsageError("this channel exports nothing");
    return this.#prk.expand(`export-${use}`, EMPTY, 32);
  }
}

function nonceFor(sequence: number): Bytes {
  return join(new Uint8Array(4), u64(sequence));
}

function associatedFor(direction: number, sequence: number, type: number): Bytes {
  return lp(u8(direction), u64(sequence), u8(type));
}

function limit(): IntegrityFailed {
  return new IntegrityFailed("too many control messages", { code: "limit" });
}

function outOfOrder(why: string): IntegrityFailed {
  return new IntegrityFailed(why, { code: "out_of_order" });
}
