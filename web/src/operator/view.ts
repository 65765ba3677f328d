/** What the operator's page makes of what the server says: sentences, plots, what can be done. Pure. */
import { exactly } from "../ui/times.ts";
import type { Damaged } from "../wire/damage.ts";
import type { EventKind, GuardEvent, Overview, Plot, Standing, StandingAction } from "../wire/guard.ts";
import { visible } from "../ui/visible.ts";
import { words } from "./words.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** So many kinds are drawn, the most frequent; the others together. */
const KINDS_SHOWN = 7;
/** Every kind there is, in one order: each has its place in a column and its tone whatever else was seen. */
const KINDS = Object.keys(words.points);
/** Of what is drawn together, and of kinds of a newer server. */
const TONE_OF_OTHERS = KINDS.length;

/** The one sentence at the top; `damaged`: how much of what is stored. */
export function headline(overview: Overview, damaged = 0): string {
  const defence = defenceOf(overview);
  if (damaged === 0) return defence;
  return defence === words.headline.quiet ? words.headline.damaged(damaged) : `${words.headline.damaged(damaged)} ${defence}`;
}

function defenceOf({ mode, blocked, challenged, waiting }: Overview): string {
  if (mode === "off") return words.headline.off;
  const stopped = blocked + waiting;
  if (stopped === 0 && challenged === 0) return words.headline.quiet;
  const watched = mode === "observe";
  if (stopped === 0) return words.headline.challenged(challenged, watched);
  return words.headline.stopped(blocked, waiting, challenged, watched);
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
  return parts.filter((part) => part !== "").join(" · ");
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

/** One kind of point in a plot. */
export interface Kind {
  readonly point: string;
  readonly label: string;
  readonly total: number;
  readonly tone: number; // which of the tones draws it
}

/** A block of a column: from the bottom of the plot, in the plot's own units. */
export interface Block {
  readonly kind: Kind;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly count: number;
}

export interface Drawing {
  readonly kinds: readonly Kind[];
  readonly blocks: readonly Block[];
  readonly ticks: readonly { readonly y: number; readonly count: number }[];
  readonly moments: readonly { readonly x: number; readonly label: string }[];
  readonly rows: readonly { readonly label: string; readonly counts: readonly number[]; readonly total: number }[];
  readonly total: number;
  readonly width: number;
  readonly height: number;
}

/** A plot as stacked columns within `width` × `height`. Kinds beyond the most frequent are drawn as one. */
export function drawing(plot: Plot, width: number, height: number): Drawing {
  const steps = Math.max(1, ...plot.series.map(({ counts }) => counts.length));
  const series = grouped(plot);
  const kinds = series.map(({ kind }) => kind);
  const columns = Array.from({ length: steps }, (_, step) => series.map(({ counts }) => counts[step] ?? 0));
  const most = Math.max(1, ...columns.map(sum));
  const top = niceTop(most);
  const wide = width / steps;
  const blocks: Block[] = [];
  columns.forEach((counts, step) => {
    let below = 0;
    counts.forEach((count, index) => {
      const kind = kinds[index];
      if (count === 0 || kind === undefined) return;
      const tall = (count / top) * height;
      blocks.push({ kind, count, x: step * wide + wide * 0.1, width: wide * 0.8, y: height - below - tall, height: tall });
      below += tall;
    });
  });
  const moment = (step: number): number => plot.start + step * plot.step;
  return {
    kinds,
    blocks,
    ticks: [top, top / 2].filter((count) => Number.isInteger(count)).map((count) => ({ count, y: height - (count / top) * height })),
    moments: [0, Math.floor(steps / 2), steps - 1].map((step) => ({ x: (step + 0.5) * wide, label: clockOf(moment(step)) })),
    rows: columns
      .map((counts, step) => ({ label: exactly(moment(step)), counts, total: sum(counts) }))
      .filter(({ total }) => total > 0)
      .reverse(),
    total: sum(columns.map(sum)),
    width,
    height,
  };
}

interface Counted {
  readonly kind: Kind;
  readonly counts: readonly number[];
}

/** The most frequent kinds in the order all kinds have, the rare ones together at the end. */
function grouped({ series }: Plot): readonly Counted[] {
  const all = series
    .map(({ point, counts }) => ({ point, counts, total: sum(counts) }))
    .filter(({ total }) => total > 0)
    .sort((one, other) => other.total - one.total || one.point.localeCompare(other.point));
  const own = all.length <= KINDS_SHOWN + 1 ? all : all.slice(0, KINDS_SHOWN);
  const rest = all.slice(own.length);
  const counted = own
    .map(({ point, counts, total }) => ({ kind: { point, label: pointName(point), total, tone: toneOf(point) }, counts }))
    .sort((one, other) => one.kind.tone - other.kind.tone);
  if (rest.length === 0) return counted;
  const steps = Math.max(...rest.map(({ counts }) => counts.length));
  const counts = Array.from({ length: steps }, (_, step) => sum(rest.map((one) => one.counts[step] ?? 0)));
  return [...counted, { kind: { point: "", label: words.others, total: sum(counts), tone: TONE_OF_OTHERS }, counts }];
}

function toneOf(point: string): number {
  const at = KINDS.indexOf(point);
  return at === -1 ? TONE_OF_OTHERS : at;
}

/** What a point is in words; one of a newer server is shown by its name. */
export function pointName(point: string): string {
  return Object.hasOwn(words.points, point) ? (words.points[point] ?? point) : visible(point);
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}

/** The least of 2, 4, 10, 20, 40, 100 … that holds `most`. */
function niceTop(most: number): number {
  for (let power = 1; ; power *= 10) {
    for (const step of [2, 4, 10]) if (most <= step * power) return step * power;
  }
}

/** "14:05:09", here. */
export function timeOfDay(moment: number): string {
  return new Date(moment).toLocaleTimeString("en-GB");
}

function clockOf(moment: number): string {
  return new Date(moment).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
}

/** "50 GB" and "50" → 50 000 000 000; null for what is no size. */
export function readSize(text: string): number | null {
  const match = /^\s*(\d{1,15}(?:[.,]\d{1,12})?)\s*(k|m|g|t)?(b)?\s*$/i.exec(text);
  if (match === null) return null;
  const letter = (match[2] ?? (match[3] === undefined ? "g" : "")).toLowerCase();
  const unit = { k: 1e3, m: 1e6, g: 1e9, t: 1e12 }[letter] ?? 1;
  const bytes = Math.round(Number((match[1] ?? "").replace(",", ".")) * unit);
  return Number.isSafeInteger(bytes) ? bytes : null;
}

/** A limit in bytes as the field shows it: read again, it is the same. */
export function writtenSize(bytes: number): string {
  for (const [unit, name] of [[1e12, "TB"], [1e9, "GB"], [1e6, "MB"], [1e3, "kB"]] as const) {
    const text = `${bytes / unit} ${name}`;
    if (bytes >= unit && readSize(text) === bytes) return text;
  }
  return `${bytes} B`;
}
