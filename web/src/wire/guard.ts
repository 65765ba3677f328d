/**
 * How the detector stands, what it decided and why, as operators see it in JSON (docs/guard.md §7). Twin of wire/guard.py.
 *
 * Scores, thresholds and factors are whole hundredths: this JSON has no fractions.
 */
import { TIME } from "./accounts.ts";
import type { DamagedKind } from "./damage.ts";
import * as f from "./fields.ts";
import * as limits from "./limits.ts";

export type Mode = "off" | "observe" | "enforce";
/** `link` and `park`: only what was guessed at too often, by too many. */
export type SubjectKind = "ip" | "net" | "client" | "account" | "session" | "device" | "room" | "site" | "link" | "park";
/** What an event can be about. */
export type EventKind = SubjectKind | DamagedKind;
export type StandingAction = "challenge" | "wait" | "block";
export type EventAction = "allow" | "log" | "challenge" | "wait" | "block" | "undo" | "mode";
export type AllowedKind = "network" | "account";

/** How often one point was seen, in each step of a plot. */
export interface Series {
  readonly point: string;
  readonly counts: readonly number[];
}

/** Points over time: steps of `step` ms, the first of which began at `start` (ms). */
export interface Plot {
  readonly start: number;
  readonly step: number;
  readonly series: readonly Series[];
}

/**
 * How the detector stands. `configured` is the setting, `mode` what holds now; `breaker`: it broke the circuit.
 * `siteUntil`: until then (ms) every sign-in of an unknown device is challenged, null if it is not.
 * `lost`: events that could not be written.
 */
export interface Overview {
  readonly mode: Mode;
  readonly configured: Mode;
  readonly breaker: boolean;
  readonly siteUntil: number | null;
  readonly subjects: number;
  readonly challenged: number;
  readonly waiting: number;
  readonly blocked: number;
  readonly allowed: number;
  readonly lost: number;
  readonly minutes: Plot;
  readonly hours: Plot;
}

/** Something that stands under a decision. `label` is its address or name, or a short word for what has none. */
export interface Standing {
  readonly id: string;
  readonly kind: SubjectKind;
  readonly label: string;
  readonly action: StandingAction;
  readonly since: number;
  readonly expires: number | null;
  readonly score: number;
  readonly threshold: number;
  readonly factor: number;
  readonly why: string;
}

/** All of them, the strictest first. */
export interface Standings {
  readonly standings: readonly Standing[];
}

/** One suspicious sighting: what it was, where, what it weighed, and from what address. `path`: asked for, where no route says it. */
export interface SeenPoint {
  readonly time: number;
  readonly point: string;
  readonly route: string;
  readonly status: number | null;
  readonly weight: number;
  readonly address: string;
  readonly path: string | null;
}

/** A standing and the latest sightings behind it, newest first. */
export interface StandingWhy {
  readonly standing: Standing;
  readonly sightings: readonly SeenPoint[];
}

/** A network or account that is never judged. `setting`: it stands in the environment and cannot be removed here. `nobody`: nobody has this account. */
export interface Allowed {
  readonly id: string;
  readonly kind: AllowedKind;
  readonly what: string;
  readonly since: number | null;
  readonly setting: boolean;
  readonly nobody: boolean;
}

/** All of them. */
export interface AllowedList {
  readonly allowed: readonly Allowed[];
}

/** Never judge this from now on: an address or network (CIDR), or `@name`. */
export interface Allow {
  readonly what: string;
}

/** What holds until the next start. */
export interface SetMode {
  readonly mode: Mode;
}

/** One decision, as the file of events has it. `label`: who it was, as long as the server remembers, else null. */
export interface GuardEvent {
  readonly id: string;
  readonly seq: number;
  readonly time: number;
  readonly point: string;
  readonly action: EventAction;
  readonly mode: Mode;
  readonly kind: EventKind;
  readonly key: string;
  readonly label: string | null;
  readonly route: string | null;
  readonly method: string | null;
  readonly status: number | null;
  readonly scoreBefore: number;
  readonly scoreAfter: number;
  readonly threshold: number;
  readonly factor: number;
  readonly count: number;
  readonly seconds: number;
  readonly distinct: number;
  readonly expires: number | null;
  readonly why: string;
}

/** Newest first; `next` is the cursor of the page after. */
export interface GuardEvents {
  readonly events: readonly GuardEvent[];
  readonly next: string | null;
}

export const MODE = f.oneOf("off", "observe", "enforce");
const KIND = f.oneOf("ip", "net", "client", "account", "session", "device", "room", "site", "link", "park");
const EVENT_KIND = f.oneOf("ip", "net", "client", "account", "session", "device", "room", "site", "link", "park", "file");
const LABEL = f.text(1, 300);
const WORD = f.text(1, 64);
const WHY = f.text(1, 500);
const ROUTE = f.text(0, 200);
const HUNDREDTHS = f.integer(0);
const COUNT = f.integer(0);
const STATUS = f.nullable(f.integer(100, 599));

const PLOT = f.record<Plot>({
  start: TIME,
  step: f.integer(1),
  series: f.array(f.record<Series>({ point: WORD, counts: f.array(COUNT) })),
});
export const OVERVIEW = f.record<Overview>({
  mode: MODE,
  configured: MODE,
  breaker: f.BOOLEAN,
  siteUntil: f.nullable(TIME),
  subjects: COUNT,
  challenged: COUNT,
  waiting: COUNT,
  blocked: COUNT,
  allowed: COUNT,
  lost: COUNT,
  minutes: PLOT,
  hours: PLOT,
});
export const STANDING = f.record<Standing>({
  id: f.ID,
  kind: KIND,
  label: LABEL,
  action: f.oneOf("challenge", "wait", "block"),
  since: TIME,
  expires: f.nullable(TIME),
  score: HUNDREDTHS,
  threshold: HUNDREDTHS,
  factor: HUNDREDTHS,
  why: WHY,
});
export const STANDINGS = f.record<Standings>({ standings: f.array(STANDING) });
const SEEN = f.record<SeenPoint>({
  time: TIME, point: WORD, route: ROUTE, status: STATUS, weight: HUNDREDTHS, address: LABEL, path: f.nullable(ROUTE),
});
export const STANDING_WHY = f.record<StandingWhy>({ standing: STANDING, sightings: f.array(SEEN) });
export const ALLOWED = f.record<Allowed>({
  id: f.ID, kind: f.oneOf("network", "account"), what: LABEL, since: f.nullable(TIME), setting: f.BOOLEAN, nobody: f.BOOLEAN,
});
export const ALLOWED_LIST = f.record<AllowedList>({ allowed: f.array(ALLOWED) });
export const ALLOW = f.record<Allow>({ what: f.text(1, limits.NAME_MAX_CHARACTERS) });
export const SET_MODE = f.record<SetMode>({ mode: MODE });
export const EVENT = f.record<GuardEvent>({
  id: f.ID,
  seq: f.integer(0),
  time: TIME,
  point: WORD,
  action: f.oneOf("allow", "log", "challenge", "wait", "block", "undo", "mode"),
  mode: MODE,
  kind: EVENT_KIND,
  key: f.text(1, 100),
  label: f.nullable(LABEL),
  route: f.nullable(ROUTE),
  method: f.nullable(WORD),
  status: STATUS,
  scoreBefore: HUNDREDTHS,
  scoreAfter: HUNDREDTHS,
  threshold: HUNDREDTHS,
  factor: HUNDREDTHS,
  count: COUNT,
  seconds: COUNT,
  distinct: COUNT,
  expires: f.nullable(TIME),
  why: WHY,
});
export const EVENTS = f.record<GuardEvents>({ events: f.array(EVENT), next: f.nullable(f.text(1, 200)) });
