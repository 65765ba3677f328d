/** Paying by computing, as it stands in JSON: challenge, solution and the pass it buys (docs/guard.md §4). Twin of wire/challenge.py. */
import { TIME } from "./accounts.ts";
import * as f from "./fields.ts";

/** Stands before challenge, number of the part and solution in what is hashed. */
export const CHALLENGE_PREFIX = "peerseal challenge/1 ";
export const CHALLENGE_BITS_MAX = 32;
export const CHALLENGE_COUNT_MAX = 64;
export const SOLUTION_MAX = 2 ** 32 - 1;

/**
 * To be paid by computing: `count` numbers for which hashes begin with `bits` zero bits, until `expires` (ms).
 * `needed`: whoever asks would get 429 `challenge` now.
 */
export interface Challenge {
  readonly challenge: string;
  readonly bits: number;
  readonly count: number;
  readonly expires: number;
  readonly needed: boolean;
}

/** A challenge and the numbers that solve it. */
export interface Solved {
  readonly challenge: string;
  readonly solutions: readonly number[];
}

/** Good until `expires` (ms) for the address that paid; pages get it as a cookie besides. */
export interface Pass {
  readonly pass: string;
  readonly expires: number;
}

const TEXT = f.text(1, 400);

export const CHALLENGE = f.record<Challenge>({
  challenge: TEXT,
  bits: f.integer(0, CHALLENGE_BITS_MAX),
  count: f.integer(1, CHALLENGE_COUNT_MAX),
  expires: TIME,
  needed: f.BOOLEAN,
});
export const SOLVED = f.record<Solved>({
  challenge: TEXT,
  solutions: f.array(f.integer(0, SOLUTION_MAX), CHALLENGE_COUNT_MAX),
});
export const PASS = f.record<Pass>({ pass: f.text(1, 200), expires: TIME });
