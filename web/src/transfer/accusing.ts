/** What a check that failed means to the person: who is said to have done what with a file. */
import { IntegrityFailed, PeersealError, VerificationFailed } from "../errors.ts";
import { problemOf } from "./problem.ts";
import type { Problem } from "./state.ts";

/** By the code of the check; `{owner}` is who the file is said to be from, `{why}` what the check says. */
const ACCUSATIONS: Readonly<Record<string, string>> = {
  signature_invalid: "This is not {owner}’s: the signature does not hold. It was injected or rewritten.",
  unknown_owner: "This is said to be {owner}’s, and somebody else signed it: it was injected.",
  commitment_mismatch: "The key that came is not the one {owner} sealed this with: it was swapped.",
  rolled_back: "The server shows an older or another version than the one you have seen: it was rolled back.",
  not_listed: "{owner}’s list of who may read this does not name you.",
  manifest_invalid: "The list of files is not what {owner} said it is: it was rewritten.",
  content_differs: "It was changed after {owner} signed it.",
  malformed: "What the server gave for this cannot be {owner}’s: it was rewritten.",
  invalid_peer_key: "The keys that came with this are no keys: it was rewritten.",
};

/** What to do next, where it is not to be wary of everybody. */
const NEXT: Readonly<Record<string, string>> = {
  not_listed: "If you made new keys, this is from before them: ask {owner} to share it with you again. If you did not, ask {owner} by another way.",
};

/** Heads that are in order by themselves, in another place. */
export const SWAPPED = { content_differs: "The server gave another file or version than the one asked for: it was swapped." };
/** A record that does not open. */
export const CHANGED = { not_authentic: "A part of it was changed, swapped or taken from elsewhere: it does not open with {owner}’s key." };

/** An accusation: its message and hint are for the person as they are. */
export class Accused extends IntegrityFailed {}

/** The outcome of the checks in `step`; one that fails is told as what it means, its code stays. */
export async function accusing<T>(owner: string, step: () => Promise<T> | T, more: Readonly<Record<string, string>> = {}): Promise<T> {
  try {
    return await step();
  } catch (error) {
    throw accusation(owner, error, more);
  }
}

function accusation(owner: string, error: unknown, more: Readonly<Record<string, string>>): unknown {
  if (!(error instanceof IntegrityFailed || error instanceof VerificationFailed) || error instanceof Accused) return error;
  const said = more[error.code] ?? ACCUSATIONS[error.code];
  if (said === undefined) return error;
  const hint = NEXT[error.code] ?? "Nothing of it was kept. Ask {owner} by another way, and whoever runs the server.";
  return new Accused(said.replaceAll("{owner}", owner), { code: error.code, hint: hint.replaceAll("{owner}", owner) });
}

/** Codes of which the page speaks in words for live transfers, or of which the error says more. */
const OWN_WORDS = new Set([
  "not_found", "not_authentic", "manifest_invalid", "commitment_mismatch", "busy", "too_many_requests", "interrupted", "not_joined", "timed_out",
]);

/** As `problemOf`, for whatever went wrong with something stored. */
export function storedProblem(error: unknown): Problem {
  if (!(error instanceof PeersealError)) return problemOf(error);
  const { code, message, hint, retryable } = error;
  if (error instanceof Accused || (OWN_WORDS.has(code) && message !== code)) return { code, message, hint, retryable };
  if (code === "malformed") {
    return { code, message: "What the server answered makes no sense.", hint: "Reload the page and try again.", retryable: true };
  }
  return problemOf(error);
}
