/** What a stored file's row may offer and say. Pure: the clock comes in as an argument. */
import type { StoredFile, Transfer } from "../../transfer/state.ts";
import { percent } from "../format.ts";
import { say } from "../strings.ts";
import { DAY } from "../times.ts";

export type Filter = "all" | "mine" | "theirs";
export type Action = "download" | "update" | "share" | "history" | "keep" | "abandon" | "remove";
export type Keeping = "never" | "day" | "week" | "month";

/** A file can be opened when it holds, has something to open, and its owner's keys are known. */
export function canOpen(file: StoredFile): boolean {
  return file.problem === null && file.ownerTrust !== "unknown" && (file.version > 0 || file.arriving);
}

/** One's own upload that this page does not carry: its page was closed or reloaded, or another device has it. */
export function interrupted(file: StoredFile): boolean {
  return file.mine && file.arriving && file.transfer === null;
}

/** What may be done with it, in the order of the buttons. */
export function actionsFor(file: StoredFile): readonly Action[] {
  const actions: Action[] = canOpen(file) && !(file.mine && file.version === 0) ? ["download"] : [];
  if (file.mine && file.problem === null && file.version > 0) actions.push("update", "share");
  if (file.problem === null && file.version > 0) actions.push("history");
  if (file.mine && file.problem === null) actions.push("keep");
  if (interrupted(file) && file.version > 0) actions.push("abandon");
  return [...actions, "remove"];
}

/** Newest first; what still arrives stands on top, and what strangers left below all else, however much it is. */
export function inShelfOrder(files: readonly StoredFile[]): readonly StoredFile[] {
  return files.toSorted(
    (a, b) =>
      Number(ofStranger(a)) - Number(ofStranger(b)) ||
      Number(b.arriving) - Number(a.arriving) ||
      b.changed - a.changed ||
      a.id.localeCompare(b.id),
  );
}

function ofStranger(file: StoredFile): boolean {
  return file.problem?.code === "unknown_owner";
}

/** Those of one side whose title, owner or recipients contain the words looked for. */
export function found(files: readonly StoredFile[], filter: Filter, query: string): readonly StoredFile[] {
  const wanted = query.trim().toLocaleLowerCase();
  return files.filter(
    (file) =>
      (filter === "all" || file.mine === (filter === "mine")) &&
      (wanted === "" || [file.title, file.owner, ...file.recipients].some((text) => text.toLocaleLowerCase().includes(wanted))),
  );
}

/** What others left or renewed after the moment this person last looked, as far as it can be opened. */
export function arrivals(files: readonly StoredFile[], looked: number): readonly StoredFile[] {
  return files.filter((file) => !file.mine && !file.arriving && canOpen(file) && file.changed > looked);
}

/** How it is called: a file that cannot be opened has no title that could be believed. */
export function titleOf(file: StoredFile): string {
  if (file.title !== "") return file.title;
  return file.text ? say.stored.messageTitle : say.stored.untitled;
}

/** The share of an upload under way, if this page is the one that uploads. */
export function arrival(transfer: Transfer | undefined): string {
  const share = transfer?.direction === "send" ? percent(transfer.done, transfer.total) : null;
  return say.stored.arriving(share);
}

/** The moment a choice of keeping means; null: no end. */
export function until(choice: Keeping, now: number): number | null {
  const days = { never: 0, day: 1, week: 7, month: 30 }[choice];
  return days === 0 ? null : now + days * DAY;
}

/** Whether there is so little room left that it should be said. */
export function nearlyFull(used: number, quota: number): boolean {
  return quota > 0 && used / quota > 0.95;
}
