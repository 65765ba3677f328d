/** What the operator's page makes of what the server says: sentences, and nothing that runs. */
import { expect, test } from "vitest";
import {
  ailment, allowance, damagedName, eventName, eventTone, exception, fullness, headline, hundredths, momentOf, pointName, sentence, span, timeOfDay, whereOf,
} from "../../src/operator/view.ts";
import type { GuardEvent, Overview, Plot, Standing } from "../../src/wire/guard.ts";

const NOTHING: Plot = { start: 0, step: 60_000, series: [] };
const overview = (change: Partial<Overview>): Overview => ({
  mode: "enforce", configured: "enforce", breaker: false, siteUntil: null, subjects: 0, challenged: 0, waiting: 0, blocked: 0, allowed: 0, lost: 0,
  minutes: NOTHING, hours: NOTHING, ...change,
});
const standing = (change: Partial<Standing>): Standing => ({
  id: "0".repeat(32), kind: "ip", label: "192.0.2.7", action: "block", since: 0, expires: null, score: 4350, threshold: 4000, factor: 100, why: "", ...change,
});

const event = (change: Partial<GuardEvent>): GuardEvent => ({
  id: "0".repeat(32), seq: 1, time: 0, point: "honeypot", action: "block", mode: "enforce", kind: "ip", key: "k", label: "192.0.2.7", route: "/api/v1/login",
  method: "POST", status: 401, scoreBefore: 0, scoreAfter: 4350, threshold: 4000, factor: 100, count: 1, seconds: 0, distinct: 1, expires: null, why: "", ...change,
});

test.each<readonly [Partial<Overview>, string]>([
  [{}, "All quiet."],
  [{ mode: "off", blocked: 3 }, "The defence is switched off."],
  [{ blocked: 1 }, "One address is stopped."],
  [{ blocked: 3 }, "3 addresses are stopped."],
  [{ blocked: 2, waiting: 1, challenged: 9 }, "2 addresses are stopped, guessers wait at one account or address and 9 visitors have to compute first."],
  [{ waiting: 1, challenged: 1 }, "Guessers wait at one account or address and one visitor has to compute first."],
  [{ waiting: 2 }, "Guessers wait at 2 accounts or addresses."],
  [{ challenged: 1 }, "One visitor has to compute first."],
  [{ mode: "observe", blocked: 2 }, "2 addresses would be stopped."],
  [{ mode: "observe", waiting: 1, challenged: 3 }, "Guessers would wait at one account or address and 3 visitors would have to compute first."],
])("%j is said as %s", (change, said) => {
  expect(headline(overview(change))).toBe(said);
});

test("what keeps the server from its work is said first, in words, and what is new by its name", () => {
  expect(headline(overview({}), 0, { disk: "full" })).toBe("The disk is full.");
  expect(headline(overview({ blocked: 1 }), 2, { disk: "full", storage: "failed" })).toBe(
    "The disk is full. The folder of stored files takes nothing. 2 stored files are damaged. One address is stopped.",
  );
  expect(headline(overview({}), 0, { "": "", newer: "odd" })).toBe("This server cannot do all its work.");
  expect(ailment("disk", "full").means).toMatch(/^Nobody can sign in/);
  expect(ailment("storage", "Read-only file system").means).toBe("Its disk may be read-only or away. It said: Read-only file system.");
  expect(ailment("toString", "odd\u202e")).toEqual({ what: "This server cannot do all its work.", means: "toString: odd[U+202E]." });
  expect(ailment("", "").means).toBe("");
});

test("damage is said before everything else, and never called quiet", () => {
  expect(headline(overview({}), 1)).toBe("One stored file is damaged.");
  expect(headline(overview({ blocked: 1 }), 3)).toBe("3 stored files are damaged. One address is stopped.");
  expect(damagedName({ id: "0".repeat(32), kind: "file", version: 2, owner: "ann\u202e", chunks: 1, fault: "missing", since: 0 })).toBe("A file of ann[U+202E], version 2");
  expect(damagedName({ id: "0".repeat(32), kind: "park", version: 0, owner: null, chunks: 1, fault: "missing", since: 0 })).toBe("Left for a receiver");
});

test.each<readonly [Partial<GuardEvent>, string, string]>([
  [{}, "blocked", "stopped"],
  [{ expires: 60_000 }, `blocked until ${timeOfDay(60_000)}`, "stopped"],
  [{ mode: "observe", expires: 60_000 }, `would be blocked until ${timeOfDay(60_000)}`, "noted"],
  [{ mode: "observe", action: "undo" }, "undone", "mended"],
  [{ action: "wait" }, "has to wait", "slowed"],
  [{ action: "wait", kind: "account" }, "strangers wait", "slowed"],
  [{ action: "log", expires: 60_000 }, "noted", "noted"],
  [{ action: "challenge", kind: "account" }, "strangers wait", "slowed"],
  [{ action: "log", point: "damaged", kind: "file" }, "found damaged", "stopped"],
  [{ action: "log", point: "whole", kind: "park" }, "whole again", "mended"],
])("the event %j is called %s", (change, name, tone) => {
  expect(eventName(event(change), 0)).toBe(name);
  expect(eventTone(event(change))).toBe(tone);
});

test("an event says what was asked for, how often, and the score, as far as there is any", () => {
  expect(whereOf(event({}))).toBe("POST /api/v1/login\u00a0· answered 401\u00a0· score 43.5 of 40");
  expect(whereOf(event({ count: 50, seconds: 118, distinct: 3, factor: 200 }))).toBe("POST /api/v1/login\u00a0· answered 401\u00a0· 50 times within 2 min, 3 different\u00a0· score 43.5 of 80");
  expect(whereOf(event({ route: "*", status: null, threshold: 0 }))).toBe("an address that does not exist");
  expect(whereOf(event({ route: null, method: null, status: null, threshold: 0, count: 0 }))).toBe("");
  expect(whereOf(event({ method: null, route: "a\u202eb", status: null, threshold: 0 }))).toBe("a[U+202E]b");
});

test("a moment of another day is told with its day", () => {
  expect(momentOf(60_000, 120_000)).toBe(timeOfDay(60_000));
  expect(momentOf(60_000, 60_000 + 3 * 86_400_000)).toMatch(/1970/);
});

test("scores are whole hundredths, and an address that many sign in from may do more", () => {
  expect([hundredths(4350), hundredths(100), hundredths(0), hundredths(5)]).toEqual(["43.5", "1", "0", "0.05"]);
  expect(allowance(standing({ threshold: 4000, factor: 258 }))).toBe(10_320);
  expect(fullness(standing({ score: 2000 }))).toBe(50);
  expect(fullness(standing({ score: 9000 }))).toBe(100);
  expect(fullness(standing({ threshold: 0 }))).toBe(100);
});

test("an exception can be made of addresses, networks and accounts, and of nothing else", () => {
  expect(exception(standing({}))).toBe("192.0.2.7");
  expect(exception(standing({ kind: "net", label: "192.0.2.0/24" }))).toBe("192.0.2.0/24");
  expect(exception(standing({ kind: "account", label: "alice" }))).toBe("@alice");
  expect(exception(standing({ kind: "account", label: "@alice" }))).toBe("@alice");
  for (const kind of ["session", "client", "device", "room", "site"] as const) expect(exception(standing({ kind }))).toBeNull();
});

test.each([
  [null, "until it is undone"], [40_400, "41 s left"], [600_000, "10 min left"], [3 * 3_600_000 + 1, "4 h left"], [80 * 3_600_000, "4 days left"], [-5, "0 s left"],
])("what stands until %s lasts %s", (moment, said) => {
  expect(span(moment, 0)).toBe(said);
});

test("what the server says is only ever text, with its tricks made visible", () => {
  expect(pointName("login_failed")).toBe("wrong passwords");
  expect(pointName("toString")).toBe("toString");
  expect(pointName("new\u202ething")).toBe("new[U+202E]thing");
  expect(sentence("wrong passwords; score 13")).toBe("Wrong passwords; score 13.");
});
