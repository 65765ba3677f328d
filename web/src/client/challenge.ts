/** The challenge (docs/guard.md §4): paid by computing, so that nobody has to look at pictures; it earns a pass. */
import { solveChallenge } from "../crypto_engine.ts";
import { Refused, failure, hasCode } from "../errors.ts";
import type { Challenge, Pass, Solved } from "../wire/challenge.ts";

export const PASS_HEADER = "Peerseal-Pass";

/** Told when paying begins (true) and when it is over. */
export type Paying = (under: boolean) => void;

/** How the challenge is asked for and answered. */
export interface Toll {
  challenge(): Promise<Challenge>;
  solve(solved: Solved): Promise<Pass>;
}

/** Whether the server wants the challenge solved before it does what was asked. */
export function wantsPass(error: unknown): boolean {
  return hasCode(error, "challenge") && error.retryable;
}

/**
 * Pays what was asked; gives the pass, which pages are given as a cookie too. What others at this address made too cheap
 * meanwhile is asked for once more.
 */
export async function pay(toll: Toll, asked: Challenge, paying: Paying): Promise<string> {
  paying(true);
  try {
    try {
      return await paid(toll, asked);
    } catch (error) {
      if (!hasCode(error, "spent")) throw error;
      return await paid(toll, await toll.challenge());
    }
  } finally {
    paying(false);
  }
}

async function paid(toll: Toll, { challenge, bits, count }: Challenge): Promise<string> {
  const solutions = await solveChallenge(challenge, bits, count, rest);
  return (await toll.solve({ challenge, solutions })).pass;
}

/** What the server's own defence says, with how long it lasts. `seconds` as it said, null if it did not. */
export function stopped(code: "blocked" | "wait" | "challenge", seconds: number | null): Refused {
  const known = failure(code);
  const pause = seconds === null ? "a few minutes" : span(seconds);
  return new Refused(known.message.replace("{pause}", pause), {
    code,
    hint: known.hint.replace("{pause}", pause),
    retryable: true,
  });
}

/** "30 s", "12 min", "5 h": rounded up, so that nobody comes back too early. */
function span(seconds: number): string {
  if (seconds < 90) return `${Math.max(1, seconds)} s`;
  return seconds < 7_200 ? `${Math.ceil(seconds / 60)} min` : `${Math.ceil(seconds / 3_600)} h`;
}

function rest(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, 0);
  });
}
