/** The operator's page in the states it can be in; names and texts as somebody hostile would choose them. */
import { NOTHING_KNOWN, type OperatorState } from "../../src/operator/state.ts";
import type { DamageList } from "../../src/wire/damage.ts";
import type { GuardEvent, Overview, Plot, SeenPoint, Standing } from "../../src/wire/guard.ts";

export const NOW = Date.UTC(2026, 4, 5, 12, 30, 0);
const MINUTE = 60_000;
const id = (digit: string): string => digit.repeat(32);
export const HOSTILE = '<img src=x onerror="alert(1)">\u202egnp.exe\u0007';

function plot(step: number, steps: number, busy: boolean): Plot {
  const series = (point: string, height: number, every: number, from: number) => ({
    point,
    counts: Array.from({ length: steps }, (_, at) => (busy && at >= from && at % every === 0 ? 1 + ((at * 7) % height) : 0)),
  });
  return {
    start: NOW - steps * step,
    step,
    series: [
      series("login_failed", 26, 1, Math.floor(steps * 0.6)), series("unknown_route", 6, 3, 0), series("honeypot", 3, 11, 5),
      series("code_wrong", 5, 5, Math.floor(steps / 2)), series("malformed", 2, 17, 0),
    ],
  };
}

function overview(change: Partial<Overview> = {}, busy = true): Overview {
  return {
    mode: "enforce", configured: "enforce", breaker: false, siteUntil: null, subjects: busy ? 214 : 0, challenged: 0, waiting: 0,
    blocked: 0, allowed: 0, lost: 0, minutes: plot(MINUTE, 60, busy), hours: plot(60 * MINUTE, 24, busy), ...change,
  };
}

const blocked: Standing = {
  id: id("a"), kind: "ip", label: "203.0.113.77", action: "block", since: NOW - 4 * MINUTE, expires: NOW + 6 * MINUTE, score: 4350, threshold: 4000,
  factor: 100, why: "50 wrong passwords within 2 minutes, at 1 name.",
};
const challenged: Standing = {
  id: id("b"), kind: "net", label: "198.51.100.0/24", action: "challenge", since: NOW - 12 * MINUTE, expires: null, score: 6890, threshold: 6000, factor: 158,
  why: "Wrong passwords for 31 names within 5 minutes, from 12 addresses.",
};
const waiting: Standing = {
  id: id("c"), kind: "account", label: "alice", action: "wait", since: NOW - MINUTE, expires: NOW + 40_000, score: 1700, threshold: 1200, factor: 100,
  why: "17 wrong passwords for this account: strangers wait, known devices do not.",
};
const hostile: Standing = { ...blocked, id: id("d"), kind: "session", label: HOSTILE.repeat(4), why: HOSTILE };
const sightings: readonly SeenPoint[] = Array.from({ length: 8 }, (_, at) => ({
  time: NOW - at * 2_300, point: at % 5 === 4 ? "unknown_route" : "login_failed", route: at % 5 === 4 ? "*" : "/api/v1/login", status: at % 5 === 4 ? 404 : 401,
  weight: at % 5 === 4 ? 100 : 80, address: "203.0.113.77",
  path: at % 5 === 4 ? "/wp-login.php" : null,
}));

const event: GuardEvent = {
  id: id("0"), seq: 0, time: NOW, point: "login_failed", action: "block", mode: "enforce", kind: "ip", key: "5e0004c68928f8f8", label: "203.0.113.77",
  route: "/api/v1/login", method: "POST", status: 401, scoreBefore: 3950, scoreAfter: 4350, threshold: 4000, factor: 100, count: 50, seconds: 118, distinct: 1,
  expires: NOW + 6 * MINUTE, why: "wrong passwords",
};
const unasked = { route: null, method: null, status: null, scoreBefore: 0, scoreAfter: 0, threshold: 0, count: 0, seconds: 0, distinct: 0, expires: null };
const told: readonly Partial<GuardEvent>[] = [
  { action: "wait", kind: "account", label: "@alice", scoreAfter: 1700, threshold: 1200, expires: NOW + 40_000, count: 17, why: "wrong passwords of strangers for this account" },
  { time: NOW - 4 * MINUTE },
  { time: NOW - 9 * MINUTE, ...unasked, point: "damaged", action: "log", kind: "file", label: id("2"), why: "a chunk is not as it was written" },
  { time: NOW - 12 * MINUTE, action: "challenge", kind: "net", label: "198.51.100.0/24", factor: 158, distinct: 12, expires: NOW + 3 * MINUTE, why: "wrong passwords" },
  { time: NOW - 20 * MINUTE, ...unasked, point: "operator", action: "undo", label: "192.0.2.7", why: "an operator ended what stood against it" },
  { time: NOW - 21 * MINUTE, ...unasked, point: "operator", action: "mode", kind: "site", label: "this server", why: "an operator chose enforce" },
  { time: NOW - 30 * MINUTE, mode: "observe", point: "honeypot", route: "*", method: "GET", status: 404, count: 6, seconds: 0, distinct: 2, why: "an address only scanners ask for" },
  { time: NOW - 1_500 * MINUTE, action: "log", label: null, expires: null, count: 4, seconds: 3, scoreAfter: 620, threshold: 500 },
];
const events = { rows: told.map((change, at) => ({ ...event, ...change, id: id(String(at)), seq: 90 - at })), next: "82" };
const damage: DamageList = {
  damaged: [
    { id: id("2"), kind: "file", version: 3, owner: "alice", chunks: 2, fault: "content", since: NOW - 9 * MINUTE },
    { id: id("3"), kind: "file", version: 1, owner: HOSTILE, chunks: 1, fault: "missing", since: NOW - 400 * MINUTE },
    { id: id("4"), kind: "park", version: 0, owner: null, chunks: 1, fault: "unreadable", since: NOW - 9_000 * MINUTE },
  ],
  more: true, last: NOW - 100 * MINUTE,
};

const in_: OperatorState = {
  ...NOTHING_KNOWN, who: "token", overview: overview({}, false), told: NOW, events: { rows: [], next: null }, damage: { damaged: [], more: false, last: NOW - 100 * MINUTE },
};
const busy: OperatorState = {
  ...in_, overview: overview({ blocked: 1, challenged: 1, waiting: 1 }), standings: [blocked, challenged, waiting], events,
  reports: {
    rows: [
      { id: id("1"), link: id("2"), reason: "malware", text: "It says it is an invoice.\nIt is a program.", created: NOW - 90 * MINUTE, state: "open", owner: "mallory", count: 3 },
      { id: id("3"), link: id("4"), reason: "other", text: HOSTILE, created: NOW - 900 * MINUTE, state: "open", owner: HOSTILE, count: 1 },
      { id: id("5"), link: id("6"), reason: "private", text: "", created: NOW - 2_000 * MINUTE, state: "revoked", owner: null, count: 1 },
    ],
    next: null,
  },
};

export const operatorSamples: Readonly<Record<string, OperatorState>> = {
  asking: NOTHING_KNOWN,
  stranger: { ...NOTHING_KNOWN, who: "stranger" },
  ended: { ...NOTHING_KNOWN, who: "ended" },
  quiet: in_,
  empty: { ...in_, accounts: { rows: [], next: null }, invites: [], registration: "open", reports: { rows: [], next: null }, allowed: [] },
  damaged: { ...in_, damage },
  ailing: { ...busy, ailments: { disk: "full", database: "Read-only file system" } },
  busy,
  details: { ...busy, looked: { standing: challenged, sightings } },
  hostile: { ...busy, standings: [hostile, blocked], events: { rows: [{ ...event, label: HOSTILE, route: HOSTILE, why: HOSTILE, method: null }], next: null }, damage, looked: { standing: hostile, sightings: [{ ...sightings[0]!, path: HOSTILE, address: HOSTILE, point: HOSTILE }] } },
  breaker: { ...busy, overview: overview({ breaker: true, blocked: 24, siteUntil: NOW + 8 * MINUTE, lost: 2 }) },
  away: { ...busy, trouble: { code: "server_unreachable", message: "The server does not answer.", hint: "", retryable: true } },
  off: { ...in_, overview: overview({ mode: "off" }) },
  accounts: {
    ...busy,
    accounts: {
      rows: [
        { name: "alice", used: 7_400_000_000, allowed: 10_000_000_000, quota: null, suspended: false, operator: true, created: NOW - 90_000 * MINUTE },
        { name: "mallory", used: 49_000_000_000, allowed: 50_000_000_000, quota: 50_000_000_000, suspended: true, operator: false, created: NOW - 900 * MINUTE },
        { name: HOSTILE, used: 0, allowed: 10_000_000_000, quota: null, suspended: false, operator: false, created: NOW },
      ],
      next: "mallory",
    },
  },
  invites: {
    ...busy,
    registration: "invite",
    invites: [
      { id: id("7"), note: "for Bob", created: NOW, expires: NOW + 10_000 * MINUTE, used: null },
      { id: id("8"), note: "", created: NOW - 999 * MINUTE, expires: NOW + 9_000 * MINUTE, used: "carol" },
      { id: id("9"), note: HOSTILE, created: NOW - 20_000 * MINUTE, expires: NOW - MINUTE, used: null },
    ],
    made: { invite: { id: id("7"), note: "for Bob", created: NOW, expires: NOW + 10_000 * MINUTE, used: null }, code: "harbor-velvet-tiger-moon-river-stone" },
  },
  reports: busy,
  allowed: {
    ...busy,
    allowed: [
      { id: id("e"), kind: "network", what: "192.0.2.0/24", since: null, setting: true, nobody: false },
      { id: id("f"), kind: "account", what: "@carol", since: NOW - 60 * MINUTE, setting: false, nobody: true },
    ],
  },
};
