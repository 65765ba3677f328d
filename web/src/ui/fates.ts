/** What becomes of a transfer that does not simply move: waiting, going to the server, lying there, unfinished. Pure. */
import type { EngineState, Interrupted, Problem, Transfer } from "../transfer/state.ts";
import { percent } from "./format.ts";

/** Whether this is about a stored file (My files, a link), not about somebody who was met. */
export function isShelved(one: Transfer): boolean {
  return one.peer.id.startsWith("store-");
}

/** Whether it stands still here, or goes to the server, because the other side is out of reach. */
export function isResting(one: Transfer): boolean {
  return one.phase === "reconnecting" || one.phase === "parking" || one.phase === "parked";
}

/** Whether its sender may put the rest on the server now; `reached`: the server answers. */
export function canLeave(one: Transfer, reached = true): boolean {
  return reached && one.direction === "send" && !isShelved(one) && (one.phase === "moving" || one.phase === "reconnecting") && one.path !== "store";
}

/** Whether people are still to come for the shown code: nobody but this page can give them the key. */
export function stillComing({ code }: EngineState): boolean {
  return code !== null && code.receivers > 1 && (code.phase === "showing" || code.phase === "meeting") && code.used < code.receivers;
}

/** The share that was there when it went on, null if it did not: nothing, or all of it, is no place to go on from. */
export function wentOnFrom({ resumedFrom, total }: Transfer): number | null {
  const share = resumedFrom === null ? 0 : percent(resumedFrom, total);
  return share > 0 ? share : null;
}

/** What an unfinished one needs from its person: nothing, its file, its folder, or several things of both kinds. */
export type Needs = "nothing" | "files" | "folder" | "several";

/** Told by its title: "photo.jpg", "Holiday (300 files)", "Holiday and 2 more", "Holiday and more (9 files)". */
export function needsOf({ needsFiles, title }: Interrupted): Needs {
  if (!needsFiles) return "nothing";
  if (/ and \d+ more$| and more \(\d+ files?\)$/u.test(title)) return "several";
  return / \(\d+ files?\)$/u.test(title) ? "folder" : "files";
}

/** The rows to list: one that ended and can go on is a card of its own, not a failure. */
export function listed({ transfers, interrupted }: EngineState): readonly Transfer[] {
  const waiting = new Set(interrupted.map(({ id }) => id));
  return transfers.filter(({ id, phase }) => !(waiting.has(id) && (phase === "failed" || phase === "cancelled")));
}

/** Why an unfinished one stopped in this visit, if it did. */
export function stoppedBy(id: string, transfers: readonly Transfer[]): Problem | null {
  return transfers.find((one) => one.id === id && one.phase === "failed")?.problem ?? null;
}

const ABOUT_RESUMING: ReadonlySet<string> = new Set(["other_files", "engaged"]);

/** What a try to go on came to, to be said beside it and not at the top of the page. */
export function refusal({ notice, interrupted }: EngineState): Problem | null {
  return notice !== null && interrupted.length > 0 && ABOUT_RESUMING.has(notice.code) ? notice : null;
}
