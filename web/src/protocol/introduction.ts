/** Who the two sides of a channel are (protocol.md §9.3): each may prove it once, before its first offer or answer. */
import { Bundle, lp, u8, type Identity } from "../crypto_engine.ts";
import { IntegrityFailed, UsageError } from "../errors.ts";
import type { Bytes } from "../wire/encoding.ts";
import type { HandshakeRole } from "./channel.ts";
import type { ControlMessage, IdentityMessage } from "./control.ts";
import type { Handshake } from "./handshake.ts";

const ROLE_BYTE: Readonly<Record<HandshakeRole, number>> = { initiator: 1, responder: 2 };

/** Both sides' `identity` messages in one channel. */
export class Introduction {
  readonly #handshake: Handshake;
  readonly #open = { own: true, peer: true };
  #peer: Bundle | null;

  /** `peer`: whom the other side proved to be in the channel this one goes on from (§15.2). */
  constructor(handshake: Handshake, peer: Bundle | null = null) {
    this.#handshake = handshake;
    this.#peer = peer;
  }

  /** The keys the other side has proved to hold; null as long as it has not. */
  get peer(): Bundle | null {
    return this.#peer;
  }

  /** This side's message; `out_of_order` if it is too late, a second one, or there is no channel. */
  async say(identity: Identity): Promise<IdentityMessage> {
    this.#takeTurn("own");
    const signature = await identity.sign("transcript", this.#body(this.#handshake.role));
    return { type: "identity", bundle: identity.bundle.encoded, signature };
  }

  /** The peer's keys. Raises `out_of_order`, `malformed`, `invalid_peer_key` or `signature_invalid`. */
  async take(message: IdentityMessage): Promise<Bundle> {
    this.#takeTurn("peer");
    const bundle = await Bundle.parse(message.bundle);
    const other = this.#handshake.role === "initiator" ? "responder" : "initiator";
    await bundle.verify("transcript", this.#body(other), message.signature);
    this.#peer = bundle;
    return bundle;
  }

  /** A message of one side went by: after an offer or answer, that side stays who it was. */
  passed(message: ControlMessage, side: "own" | "peer"): void {
    if (message.type === "offer" || message.type === "answer") this.#open[side] = false;
  }

  #takeTurn(side: "own" | "peer"): void {
    if (!this.#handshake.established || !this.#open[side]) {
      throw new IntegrityFailed("too early, too late or again to say who this is", { code: "out_of_order" });
    }
    this.#open[side] = false;
  }

  #body(role: HandshakeRole): Bytes {
    const transcript = this.#handshake.transcript;
    if (transcript === undefined) throw new UsageError("the handshake is not established");
    return lp(transcript, u8(ROLE_BYTE[role]));
  }
}
