/** How a link ended, in words for this side's person, and which ends are only breaks. */
import type { Link } from "./link.ts";
import { problem } from "./problem.ts";
import type { Problem } from "./state.ts";
import { theirProblem } from "./theirs.ts";

/** How a link ends by the other side's doing. */
const THEIR_ENDS = new Set(["left", "closed", "disconnected", "vanished", "key_changed", "not_waiting"]);
/** Nobody meant these to be the end of what is under way: a cancel says so before. */
const BREAKS = new Set(["left", "closed", "disconnected", "vanished", "interrupted", "taken_over"]);

/** Whether both may meet again after this. */
export function comesBack(code: string): boolean {
  return BREAKS.has(code);
}

/** Whether what lies on the server for the other side is theirs to take after this. */
export function outlasted(code: string): boolean {
  return comesBack(code) || code === "not_waiting";
}

/** Why the link is closed. A goodbye that repeats how a transfer ended says nothing new: the transfer's line has it. */
export function endOf(code: string, { peer, mode }: Pick<Link, "peer" | "mode">): Problem {
  const end = code === "declined" || code === "cancelled" ? "disconnected" : code;
  const theirs = THEIR_ENDS.has(end);
  const closed = theirs ? theirProblem(end, peer, "send") : problem(end, "cancelled");
  return { ...closed, hint: hintFor(end, closed.hint, theirs && mode === "code") };
}

/** A code is good for one meeting: there is nobody to connect to again. What was sent is said by the transfers. */
function hintFor(end: string, hint: string, used: boolean): string {
  if (used) return "";
  return end === "interrupted" ? "Connect again to go on." : hint;
}
