/**
 * The challenge and what operators see and do, as they stand in JSON (docs/guard.md §4, §7). Twin of wire/guard.py.
 *
 * Scores, thresholds and factors are whole hundredths: this JSON has no fractions.
 */
import { NAME, TIME } from "./accounts.ts";
import * as f from "./fields.ts";
import * as limits from "./limits.ts";

export type Mode = "off" | "observe" | "enforce";
export type SubjectKind = "ip" | "net" | "client" | "account" | "session" | "device" | "room" | "site";
export type StandingAction = "challenge" | "wait" | "block";
export type EventAction = "allow" | "log" | "challenge" | "wait" | "block" | "undo" | "mode";
export type AllowedKind = "network" | "account";
export type Reason = "malware" | "deception" | "illegal" | "private" | "other";
export type ReportState = "open" | "closed" | "revoked";
export type OperatorBy = "account" | "token" | "page";

/** Stands before challenge, number of the part and solution in what is hashed. */
export const CHALLENGE_PREFIX = "peerseal challenge/1 ";
export const CHALLENGE_BITS_MAX = 32;
export const CHALLENGE_COUNT_MAX = 64;
export const SOLUTION_MAX = 2 ** 32 - 1;
export const REPORT_TEXT_MAX_CHARACTERS = 2000;

/**
 * To be paid by computing: `count` numbers for which hashes begin with `bits` zero bits, until `expires` (ms).
 * `needed`: whoever asks would get 429 `challenge` now.
 */
export interface Challenge {
  readonly challenge: string;
  readonly bits: number;
  readonly count: number;
  readonly expires: number;
  readonly needed: boolean;
}

/** A challenge and the numbers that solve it. */
export interface Solved {
  readonly challenge: string;
  readonly solutions: readonly number[];
}

/** Good until `expires` (ms) for the address that paid; pages get it as a cookie besides. */
export interface Pass {
  readonly pass: string;
  readonly expires: number;
}

/** Somebody says that the file behind this link should not be here. */
export interface Report {
  readonly link: string;
  readonly reason: Reason;
  readonly text: string;
}

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

/** One suspicious sighting: what it was, where, what it weighed, and from what address. */
export interface SeenPoint {
  readonly time: number;
  readonly point: string;
  readonly route: string;
  readonly status: number | null;
  readonly weight: number;
  readonly address: string;
}

/** A standing and the latest sightings behind it, newest first. */
export interface StandingWhy {
  readonly standing: Standing;
  readonly sightings: readonly SeenPoint[];
}

/** A network or account that is never judged. `setting`: it stands in the environment and cannot be removed here. */
export interface Allowed {
  readonly id: string;
  readonly kind: AllowedKind;
  readonly what: string;
  readonly since: number | null;
  readonly setting: boolean;
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
  readonly kind: SubjectKind;
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

/** An account as operators see it. `quota`: its own, null for the usual; `allowed`: the one that holds. */
export interface OperatedAccount {
  readonly name: string;
  readonly used: number;
  readonly allowed: number;
  readonly quota: number | null;
  readonly suspended: boolean;
  readonly created: number;
}

/** In the order of their names. */
export interface OperatedAccounts {
  readonly accounts: readonly OperatedAccount[];
  readonly next: string | null;
}

/** Its own quota (null: the usual), and whether it is suspended. */
export interface ChangeOperated {
  readonly quota: number | null;
  readonly suspended: boolean;
}

/** Makes one account until `expires` (ms). `used`: the account it made. */
export interface Invite {
  readonly id: string;
  readonly note: string;
  readonly created: number;
  readonly expires: number;
  readonly used: string | null;
}

/** All of them, newest first. */
export interface Invites {
  readonly invites: readonly Invite[];
}

/** Invite somebody for so many hours; `note` is for operators. */
export interface NewInvite {
  readonly note: string;
  readonly hours: number;
}

/** The code is shown this once. */
export interface MadeInvite {
  readonly invite: Invite;
  readonly code: string;
}

/** A report. `owner`: whose file it is, null if it is gone; `count`: how many reported this link. */
export interface Reported {
  readonly id: string;
  readonly link: string;
  readonly reason: Reason;
  readonly text: string;
  readonly created: number;
  readonly state: ReportState;
  readonly owner: string | null;
  readonly count: number;
}

/** Newest first. */
export interface ReportedList {
  readonly reports: readonly Reported[];
  readonly next: string | null;
}

/** Opens the operator's page once: `/operator#SECRET`, until `expires` (ms). */
export interface PageLink {
  readonly secret: string;
  readonly expires: number;
}

/** The secret of a page link. */
export interface OpenPage {
  readonly secret: string;
}

/** By what right somebody is an operator, and what their page repeats as X-CSRF-Token. */
export interface OperatorSession {
  readonly by: OperatorBy;
  readonly csrf: string | null;
  readonly expires: number | null;
}

export const MODE = f.oneOf("off", "observe", "enforce");
const KIND = f.oneOf("ip", "net", "client", "account", "session", "device", "room", "site");
const LABEL = f.text(1, 300);
const WORD = f.text(1, 64);
const WHY = f.text(1, 500);
const ROUTE = f.text(0, 200);
const HUNDREDTHS = f.integer(0);
const COUNT = f.integer(0);
const BYTES = f.integer(0);
const STATUS = f.nullable(f.integer(100, 599));
const SECRET = f.text(1, 200);
const NEXT = f.nullable(f.text(1, 200));
const CHALLENGE_TEXT = f.text(1, 400);
const REASON = f.oneOf("malware", "deception", "illegal", "private", "other");
const NOTE = f.text(0, 100);
const REPORT_TEXT = f.text(0, REPORT_TEXT_MAX_CHARACTERS);

export const CHALLENGE = f.record<Challenge>({
  challenge: CHALLENGE_TEXT,
  bits: f.integer(0, CHALLENGE_BITS_MAX),
  count: f.integer(1, CHALLENGE_COUNT_MAX),
  expires: TIME,
  needed: f.BOOLEAN,
});
export const SOLVED = f.record<Solved>({
  challenge: CHALLENGE_TEXT,
  solutions: f.array(f.integer(0, SOLUTION_MAX), CHALLENGE_COUNT_MAX),
});
export const PASS = f.record<Pass>({ pass: SECRET, expires: TIME });
export const REPORT = f.record<Report>({ link: f.ID, reason: REASON, text: REPORT_TEXT });
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
  time: TIME, point: WORD, route: ROUTE, status: STATUS, weight: HUNDREDTHS, address: LABEL,
});
export const STANDING_WHY = f.record<StandingWhy>({ standing: STANDING, sightings: f.array(SEEN) });
export const ALLOWED = f.record<Allowed>({
  id: f.ID, kind: f.oneOf("network", "account"), what: LABEL, since: f.nullable(TIME), setting: f.BOOLEAN,
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
  kind: KIND,
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
export const EVENTS = f.record<GuardEvents>({ events: f.array(EVENT), next: NEXT });
export const OPERATED_ACCOUNT = f.record<OperatedAccount>({
  name: NAME, used: BYTES, allowed: BYTES, quota: f.nullable(BYTES), suspended: f.BOOLEAN, created: TIME,
});
export const OPERATED_ACCOUNTS = f.record<OperatedAccounts>({ accounts: f.array(OPERATED_ACCOUNT), next: NEXT });
export const CHANGE_OPERATED = f.record<ChangeOperated>({ quota: f.nullable(BYTES), suspended: f.BOOLEAN });
export const INVITE = f.record<Invite>({
  id: f.ID, note: NOTE, created: TIME, expires: TIME, used: f.nullable(NAME),
});
export const INVITES = f.record<Invites>({ invites: f.array(INVITE) });
export const NEW_INVITE = f.record<NewInvite>({ note: NOTE, hours: f.integer(1, 8760) });
export const MADE_INVITE = f.record<MadeInvite>({ invite: INVITE, code: SECRET });
export const REPORTED = f.record<Reported>({
  id: f.ID,
  link: f.ID,
  reason: REASON,
  text: REPORT_TEXT,
  created: TIME,
  state: f.oneOf("open", "closed", "revoked"),
  owner: f.nullable(NAME),
  count: COUNT,
});
export const REPORTED_LIST = f.record<ReportedList>({ reports: f.array(REPORTED), next: NEXT });
export const PAGE_LINK = f.record<PageLink>({ secret: SECRET, expires: TIME });
export const OPEN_PAGE = f.record<OpenPage>({ secret: SECRET });
export const OPERATOR_SESSION = f.record<OperatorSession>({
  by: f.oneOf("account", "token", "page"), csrf: f.nullable(SECRET), expires: f.nullable(TIME),
});
