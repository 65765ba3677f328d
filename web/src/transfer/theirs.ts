/** What the other side did or met, as it is said on this side: by their name, and what this side can do about it. */
import { Declined } from "../errors.ts";
import { problem } from "./problem.ts";
import type { Person, Problem, Transfer } from "./state.ts";

/** The peer ended a transfer, with its code. */
export class StoppedByPeer extends Declined {}

type Saying = (name: string) => readonly [message: string, hint: string, retryable?: boolean];

/** Whichever way it went. */
const BOTH: Readonly<Record<string, Saying>> = {
  left: (name) => [`${name} left.`, "Connect again when they are back.", true],
  closed: (name) => [`${name} left.`, "Connect again when they are back.", true],
  not_waiting: (name) => [`${name} is not waiting any more.`, "Resume it when you are both here again.", true],
  disconnected: (name) => [`${name} disconnected.`, "", true],
  key_changed: (name) => [`${name} wanted to meet somebody whose keys this page did not show.`, "If you have an account, sign in, then connect again.", true],
  no_direct_path: (name) => [`${name} takes direct paths only, and there is none between you.`, "Ask them to allow the server, then try again."],
  vanished: (name) => [`${name} fell silent.`, "Check both networks, then connect again.", true],
};

/** This side receives: the other is the sender. */
const SENDER: Readonly<Record<string, Saying>> = {
  cancelled: (name) => [`${name} withdrew it.`, ""],
  source_changed: (name) => [`A file changed on ${name}'s side.`, `Ask ${name} to send it again.`, true],
  local_file: (name) => [`A file on ${name}'s side could not be read.`, `Ask ${name} to send it again.`, true],
};

/** This side sends: the other is the receiver. */
const RECEIVER: Readonly<Record<string, Saying>> = {
  declined: (name) => [`${name} said no.`, ""],
  busy: (name) => [`${name} cannot take another one now.`, "Send it again in a minute.", true],
  cancelled: (name) => [`${name} stopped it.`, "It stays with you."],
  no_space: (name) => [`There is not enough room on ${name}'s device.`, "Send less at once, or ask them to make room.", true],
  local_file: (name) => [`${name}'s device could not write it.`, "Ask them to choose another folder, then send it again.", true],
  unsafe_name: () => ["A file name is not safe to keep on the other side. Nothing was kept.", "Rename it and send it again."],
};

/** A code the peer gave, as the problem this side reads; `direction` is this side's. */
export function theirProblem(code: string, peer: Person, direction: Transfer["direction"]): Problem {
  const saying = own(direction === "send" ? RECEIVER : SENDER, code) ?? own(BOTH, code);
  if (saying === undefined) return problem(code, "cancelled");
  const [message, hint, retryable = false] = saying(inSentence(peer.name));
  // The same code of this side means its own choice of ways.
  return { code: code === "no_direct_path" ? "their_way" : code, message, hint, retryable };
}

const LONGEST_NAME = 40;

/** A name short enough for a sentence; the page shows what in it is not text. */
function inSentence(name: string): string {
  const letters = Array.from(name);
  return letters.length <= LONGEST_NAME ? name : `${letters.slice(0, LONGEST_NAME - 1).join("")}…`;
}

function own(sayings: Readonly<Record<string, Saying>>, code: string): Saying | undefined {
  return Object.hasOwn(sayings, code) ? sayings[code] : undefined;
}
