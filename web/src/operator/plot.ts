/** What was seen over time, as a plot of stacked columns and as the rows of a table that says the same. Pure. */
import { exactly } from "../ui/times.ts";
import type { Plot } from "../wire/guard.ts";
import { pointName } from "./view.ts";
import { words } from "./words.ts";

/** So many kinds are drawn, the most frequent; the others together. */
const KINDS_SHOWN = 7;
/** Every kind there is, in one order: each has its place in a column and its tone whatever else was seen. */
const KINDS = Object.keys(words.points);
/** Of what is drawn together, and of kinds of a newer server. */
const TONE_OF_OTHERS = KINDS.length;

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

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}

/** The least of 2, 4, 10, 20, 40, 100 … that holds `most`. */
function niceTop(most: number): number {
  for (let power = 1; ; power *= 10) {
    for (const step of [2, 4, 10]) if (most <= step * power) return step * power;
  }
}

function clockOf(moment: number): string {
  return new Date(moment).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
}
