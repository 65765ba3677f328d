/** The words about transfers: how far each is, what came of it, and by which way. Part of `say`, see strings.ts. */
import type { Transfer } from "../transfer/state.ts";
import { isShelved, wentOnFrom } from "./fates.ts";
import { duration, files, percent, rate, size, timeLeft } from "./format.ts";
import { problem } from "./problem.ts";
import { fateWords } from "./strings_fates.ts";
import { short } from "./visible.ts";

/** By which way it went. */
export const PATHS: Record<"direct" | "relay" | "store", string> = { direct: "direct", relay: "relay", store: "stored" };

export const pathMeanings = {
  direct: "Straight from device to device, usually the fastest: the server carries nothing of it, and the other side sees your network address.",
  relay: "Through the memory of this server, sealed: it cannot read it, keeps nothing, and is as fast as its connection.",
  store: "On the disk of this server, sealed: it cannot read it, and keeps it until it is fetched or its time is over.",
} as const;

export const deliveredWords = {
  theirs: "With them now",
  yours: "Here now",
  more: (count: number): string => `and ${count.toLocaleString("en")} more, listed below`,
} as const;

export const transferWords = {
  region: "Transfers",
  none: "Nothing has crossed yet.",
  progress: (title: string): string => `Progress of ${short(title)}`,
  fileProgress: (path: string): string => `Progress of ${short(path)}`,
  details: (count: number): string => `Show ${files(count)}`,
  text: "Show the message",
  textAway: "Hide the message",
  more: (count: number): string => `${files(count)} more, not listed`,
  cancel: "Cancel",
  dismiss: "Dismiss",
  earlier: (count: number): string => `Show ${count.toLocaleString("en")} earlier`,
  clear: "Clear finished",
  left: (seconds: number): string => `${timeLeft(seconds)} left`,
  rate: (speed: number): string => rate(speed),
  quarter: (title: string, part: number): string => `${title}: ${part} percent`,
  state: (one: Transfer, name: string): string => transferState(one, name),
} as const;

function transferState(one: Transfer, name: string): string {
  const sending = one.direction === "send";
  if (isShelved(one) && (one.phase === "moving" || one.phase === "done")) return storedState(one);
  switch (one.phase) {
    case "queued":
      return "waiting";
    case "asking":
      return `asking ${name}…`;
    case "asked":
      return "waiting for your answer";
    case "moving":
      return [sending ? toWhom(one, name) : `from ${name}`, ...wentOn(one)].join(", ");
    case "reconnecting":
      return fateWords.lost;
    case "parking":
      return one.receivers === null ? fateWords.parking(name, true) : fateWords.parkingShared;
    case "parked":
      return one.receivers === null ? fateWords.parked(name) : fateWords.receivers(one.receivers.done, one.receivers.of);
    case "saving":
      return "all here, saving…";
    case "done":
      return doneState(one, name);
    case "declined":
      return sending ? `${name} said no` : "you said no";
    case "cancelled":
      return one.problem === null ? "cancelled" : problem(one.problem);
    case "failed":
      return failedState(one, name);
  }
}

/** What lies on the server is with nobody yet. */
function storedState(one: Transfer): string {
  if (one.phase === "moving") return one.direction === "send" ? "sealing and storing…" : "fetching and opening…";
  const how = one.seconds === null ? "" : ` in ${duration(one.seconds)}`;
  return `${one.direction === "send" ? "left on the server" : "here"}. ${size(one.done)}${how}`;
}

function doneState(one: Transfer, name: string): string {
  const { receivers } = one;
  const all = receivers === null || receivers.done === receivers.of;
  const where = one.direction === "receive" ? `from ${name}` : receivers === null ? `with ${name}` : all ? fateWords.withAll(receivers.of) : fateWords.receivers(receivers.done, receivers.of);
  const how = one.seconds === null ? "" : ` in ${duration(one.seconds)}`;
  return [`${where}. ${size(one.done)}${how}`, ...wentOn(one)].join(", ");
}

function failedState(one: Transfer, name: string): string {
  if (one.problem === null) return "stopped";
  return (isShelved(one) ? null : fateWords.problem(one, name)) ?? problem(one.problem);
}

function toWhom({ receivers }: Transfer, name: string): string {
  return receivers === null ? `to ${name}` : fateWords.receivers(receivers.done, receivers.of);
}

function wentOn(one: Transfer): readonly string[] {
  const share = wentOnFrom(one);
  return share === null ? [] : [fateWords.wentOn(share)];
}

/** How far it is, where a break leaves it. */
export function shareOf(one: Transfer): number {
  return percent(one.done, one.total, one.phase === "done" || one.phase === "saving" || one.phase === "parked");
}

/** "photo.jpg is with Bob. 24.1 MB in 0.8 s, direct." */
export function delivered(one: Transfer, name: string): string {
  const be = / and \d+ more$/.test(one.title) ? "are" : "is";
  const { receivers } = one;
  const all = receivers === null ? `with ${name}` : receivers.done === receivers.of ? `with all ${String(receivers.of)} people` : `with ${String(receivers.done)} of ${String(receivers.of)} people`;
  const subject = one.direction === "send" ? `${short(one.title)} ${be} ${all}.` : `${short(one.title)} ${be} here.`;
  const how = one.seconds === null ? "" : ` in ${duration(one.seconds)}`;
  return `${subject} ${size(one.done)}${how}${one.path === null ? "" : `, ${PATHS[one.path]}`}.`;
}
