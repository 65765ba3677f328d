/** What the operator's page makes of what the server says: sentences, moments, what can be done. Pure. */
import type { Ailments } from "../client/readiness.ts";
import { exactly } from "../ui/times.ts";
import type { Damaged } from "../wire/damage.ts";
import type { EventKind, GuardEvent, Overview, Standing, StandingAction } from "../wire/guard.ts";
import { visible } from "../ui/visible.ts";
import { words } from "./words.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** Checks whose failing says all there is to say. */
const TOLD = new Set(["disk", "accepting", "answer"]);
/** What is said at the top, the gravest first; `damaged`: how much of what is stored. */
export function headline(overview: Overview, damaged = 0, ailments: Ailments = {}): string {
  const ill = [...new Set(Object.keys(ailments).map((name) => ailment(name, "").what))];
  const said = [...ill, ...(damaged === 0 ? [] : [words.headline.damaged(damaged)])];
  const defence = defenceOf(overview);
  return (defence === words.headline.quiet && said.length > 0 ? said : [...said, defence]).join(" ");
}

/** Why the server cannot do all its work, and what that means; a check of a newer server by its name. */
export function ailment(name: string, state: string): { readonly what: string; readonly means: string } {
  const known = Object.hasOwn(words.ailments, name) ? words.ailments[name] : undefined;
  if (known === undefined) return { what: words.ailing, means: state === "" ? "" : `${visible(name)}: ${visible(state)}.` };
  const [what, means] = known;
  return { what, means: TOLD.has(name) ? means : `${means} ${words.itSaid(visible(state))}` };
}

function defenceOf({ mode, blocked, challenged, waiting }: Overview): string {
  if (mode === "off") return words.headline.off;
  if (blocked + waiting + challenged === 0) return words.headline.quiet;
  return words.headline.stands(blocked, waiting, challenged, mode === "observe");
}

/** 4350 → "43.5". */
export function hundredths(value: number): string {
  return String(Math.round(value) / 100);
}

/** The score an address or account may reach before this happens to it. */
export function allowance({ threshold, factor }: Standing): number {
  return Math.round((threshold * factor) / 100);
}

/** Share of the threshold, 0 to 100: how full the bar is. */
export function fullness(standing: Standing): number {
  const most = allowance(standing);
  return most === 0 ? 100 : Math.min(100, Math.round((standing.score / most) * 100));
}

/** What to put on the list of exceptions for this to be never judged; null for what cannot stand there. */
export function exception({ kind, label }: Standing): string | null {
  if (kind === "ip" || kind === "net") return label;
  return kind === "account" ? `@${label.replace(/^@/, "")}` : null;
}

/** "for 12 min" until `moment`; rounded up. */
export function span(moment: number | null, now: number): string {
  if (moment === null) return words.untilUndone;
  const left = Math.max(0, moment - now);
  if (left < 90_000) return words.left(`${Math.ceil(left / 1_000)} s`);
  if (left < 2 * HOUR) return words.left(`${Math.ceil(left / MINUTE)} min`);
  if (left < 48 * HOUR) return words.left(`${Math.ceil(left / HOUR)} h`);
  return words.left(`${Math.ceil(left / (24 * HOUR))} days`);
}

/** A reason as the server gives it, as a sentence of this page. */
export function sentence(text: string): string {
  const shown = visible(text);
  return shown.charAt(0).toUpperCase() + shown.slice(1) + (/[.!?…]$/.test(shown) ? "" : ".");
}

/** What stands against it. `watched`: nothing is done about what the defence decides; brakes on guessing hold nevertheless. */
export function actionName(action: StandingAction, kind: EventKind, watched: boolean): string {
  if (action === "wait" && kind !== "account") return words.standing.braked;
  return words.standing[watched ? "watched" : "actions"][action];
}

/** What happened, as a word or two: "blocked until 12:36:01". Of a server that only observes: what would have. */
export function eventName({ action, kind, point, mode, expires, time }: GuardEvent, now: number): string {
  if (point === "damaged" || point === "whole") return words.events.stored[point];
  if (action !== "challenge" && action !== "wait" && action !== "block") return words.events.actions[action];
  const done = action === "challenge" && kind === "account" ? "wait" : action; // strangers at an account pay, then wait
  const name = actionName(done, kind, mode !== "enforce");
  return expires === null || expires <= time ? name : words.events.until(name, momentOf(expires, now));
}

/** How loud it is shown. */
export function eventTone({ action, point, mode }: GuardEvent): "stopped" | "slowed" | "mended" | "noted" {
  if (point === "damaged") return "stopped";
  if (point === "whole" || action === "undo") return "mended";
  if (mode !== "enforce") return "noted";
  if (action === "block") return "stopped";
  return action === "challenge" || action === "wait" ? "slowed" : "noted";
}

/** What was asked for, how it was answered, how often such a thing was seen, what the score was: as far as there is any. */
export function whereOf({ method, route, status, count, distinct, seconds, scoreAfter, threshold, factor }: GuardEvent): string {
  const most = Math.round((threshold * factor) / 100);
  const parts = [
    route === null || route === "" ? "" : route === "*" ? words.events.nowhere : visible(`${method ?? ""} ${route}`.trim()),
    status === null ? "" : words.events.answered(status),
    count > 1 ? words.events.times(count, distinct, seconds === 0 ? null : lasting(seconds)) : "",
    most === 0 ? "" : words.standing.score(hundredths(scoreAfter), hundredths(most)),
  ];
  return parts.filter((part) => part !== "").join("\u00a0· "); // no line begins with a dot
}

/** "40 s", "12 min", "3 h"; rounded up. */
function lasting(seconds: number): string {
  if (seconds < 90) return `${seconds} s`;
  return seconds < 7_200 ? `${Math.ceil(seconds / 60)} min` : `${Math.ceil(seconds / 3_600)} h`;
}

/** "14:05:09" today, "4 May 2026, 14:05" on another day. */
export function momentOf(moment: number, now: number): string {
  return new Date(moment).toDateString() === new Date(now).toDateString() ? timeOfDay(moment) : exactly(moment);
}

/** What is damaged: whose file, or something left for a receiver. */
export function damagedName({ kind, owner, version }: Damaged): string {
  if (kind === "park") return words.damage.park;
  return words.damage.file(owner === null ? null : visible(owner), version);
}

/** What a point is in words; one of a newer server is shown by its name. */
export function pointName(point: string): string {
  return Object.hasOwn(words.points, point) ? (words.points[point] ?? point) : visible(point);
}

/** "14:05:09", here. */
export function timeOfDay(moment: number): string {
  return new Date(moment).toLocaleTimeString("en-GB");
}
