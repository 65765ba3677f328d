/** The challenge of a server under attack, paid by computing (docs/guard.md §4). Twin of client/challenge.py. */
import { Refused } from "../errors.ts";
import { CHALLENGE_PREFIX } from "../wire/challenge.ts";
import { utf8 } from "../wire/encoding.ts";
import { begunSha256, type BegunHash } from "./primitives.ts";

const MOST_BITS = 24;
const NUMBERS = 2 ** 32;
const STEP = 8_192; // hashes between two rests: some 10 ms

/** The least solution of each of the `count` parts.
 *
 * Rests now and then, so that whoever waits for this thread is heard. Raises Refused (`challenge`) if that is asking
 * too much.
 */
export async function solveChallenge(challenge: string, bits: number, count: number, rest: () => Promise<void>): Promise<number[]> {
  const plain = /^[\0-\x7f]*$/.test(challenge);
  if (bits < 1 || bits > MOST_BITS || count < 1 || count * 2 ** bits > 2 ** MOST_BITS || !plain) {
    throw new Refused("The server asks this browser to compute more than anybody should.", {
      code: "challenge",
      hint: "Ask whoever runs it.",
    });
  }
  const solutions: number[] = [];
  for (let part = 0; part < count; part++) {
    solutions.push(await solvePart(await begunSha256(utf8(`${CHALLENGE_PREFIX}${challenge} ${part} `)), bits, rest));
  }
  return solutions;
}

async function solvePart(begun: BegunHash, bits: number, rest: () => Promise<void>): Promise<number> {
  const shift = 32 - bits; // at most 24 bits: the first four bytes say it all
  for (let number = 0; number < NUMBERS; number++) {
    const [a = 0, b = 0, c = 0, d = 0] = begun(decimal(number));
    if (((a << 24) | (b << 16) | (c << 8) | d) >>> shift === 0) return number;
    if (number % STEP === STEP - 1) await rest();
  }
  throw new Refused("This challenge has no solution.", { code: "challenge", retryable: true });
}

function decimal(number: number): Uint8Array<ArrayBuffer> {
  const text = String(number);
  const digits = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) digits[at] = text.charCodeAt(at);
  return digits;
}
