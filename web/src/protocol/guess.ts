/** In code mode, a guess that is out (protocol.md §6): until the other side confirms it, every end is a wrong code. */
import { VerificationFailed, type PeersealError } from "../errors.ts";
import { CONFIRMATION_SECONDS } from "../wire/limits.ts";
import type { Handshake } from "./handshake.ts";

export class Guess {
  readonly #handshake: Handshake;
  #confirmBy = Infinity; // ms

  constructor(handshake: Handshake) {
    this.#handshake = handshake;
  }

  /** M4 was sent and M5 did not verify (yet). */
  get out(): boolean {
    return this.#handshake.mode === "code" && this.#handshake.awaitingConfirmation;
  }

  /** A message of the handshake passed at `now`. */
  passed(now: number): void {
    if (this.out) this.#confirmBy = now + CONFIRMATION_SECONDS * 1000;
  }

  /** The other side had time enough to confirm. */
  late(now: number): boolean {
    return this.out && now >= this.#confirmBy;
  }

  /** What this end means: however a handshake ends once a guess is out, the guess was made; anything else would allow another. */
  meaning(end: PeersealError): PeersealError {
    const refused = end.code === "confirmation_failed" && this.#handshake.mode === "code";
    return refused || this.out ? wrongCode() : end;
  }
}

/** The code was wrong, or whoever used it is gone before that was known. */
export function wrongCode(): VerificationFailed {
  const hint = "A code is good for one try; make a new one on the sending side.";
  return new VerificationFailed("the code was wrong", { code: "wrong_code", hint });
}
