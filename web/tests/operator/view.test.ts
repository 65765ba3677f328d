/** What the operator's page makes of what the server says: one sentence, plots that add up, nothing that runs. */
import { expect, test } from "vitest";
import {
  allowance, damagedName, drawing, eventName, eventTone, exception, fullness, headline, hundredths, momentOf, pointName, readSize, sentence, span, timeOfDay, whereOf, writtenSize,
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
  [{ blocked: 2, waiting: 1, challenged: 9 }, "2 addresses are stopped, who guesses waits at one account or address and 9 visitors have to compute before they go on."],
  [{ waiting: 1, challenged: 1 }, "Who guesses waits at one account or address and one visitor has to compute before they go on."],
  [{ waiting: 2 }, "Who guesses waits at 2 accounts or addresses."],
  [{ challenged: 1 }, "One visitor has to compute before they go on."],
  [{ mode: "observe", blocked: 2 }, "2 addresses would be stopped."],
])("%j is said as %s", (change, said) => {
  expect(headline(overview(change))).toBe(said);
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
  expect(whereOf(event({}))).toBe("POST /api/v1/login · answered 401 · score 43.5 of 40");
  expect(whereOf(event({ count: 50, seconds: 118, distinct: 3, factor: 200 }))).toBe("POST /api/v1/login · answered 401 · 50 times within 2 min, 3 different · score 43.5 of 80");
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

test("a plot adds up: each column is as high as its numbers say, the table says the same", () => {
  const plot: Plot = { start: 0, step: 60_000, series: [{ point: "login_failed", counts: [0, 3, 1] }, { point: "honeypot", counts: [0, 1, 0] }] };
  const drawn = drawing(plot, 300, 100);
  expect(drawn.total).toBe(5);
  expect(drawn.kinds.map(({ label, total }) => [label, total])).toEqual([["wrong passwords", 4], ["traps", 1]]);
  const second = drawn.blocks.filter(({ x }) => x >= 100 && x < 200);
  expect(second.map(({ height }) => height)).toEqual([75, 25]);
  expect(Math.min(...second.map(({ y }) => y))).toBe(0);
  expect(drawn.rows.map(({ counts, total }) => [...counts, total])).toEqual([[1, 0, 1], [3, 1, 4]]);
});

test("a kind keeps its tone and its place whatever else is seen, and no two share one", () => {
  const tones = (series: Plot["series"]): Map<string, number> => new Map(drawing({ start: 0, step: 1, series }, 100, 100).kinds.map(({ point, tone }) => [point, tone]));
  const before = tones([{ point: "code_wrong", counts: [9] }, { point: "honeypot", counts: [2] }]);
  const after = tones([{ point: "honeypot", counts: [20] }, { point: "login_failed", counts: [50] }, { point: "code_wrong", counts: [9] }]);
  for (const [point, tone] of before) expect(after.get(point)).toBe(tone);
  expect([...after.keys()]).toEqual(["login_failed", "code_wrong", "honeypot"]);
  expect(new Set(after.values()).size).toBe(3);
});

test("rare kinds are drawn as one, and an empty plot draws nothing", () => {
  const series = Array.from({ length: 12 }, (_, at) => ({ point: `p${at}`, counts: [12 - at] }));
  const drawn = drawing({ start: 0, step: 1, series }, 100, 100);
  expect(drawn.kinds).toHaveLength(8);
  expect(drawn.kinds.at(-1)).toMatchObject({ label: "others", total: 5 + 4 + 3 + 2 + 1 });
  expect(drawn.blocks.reduce((total, { count }) => total + count, 0)).toBe(78);
  expect(drawing(NOTHING, 100, 100)).toMatchObject({ blocks: [], rows: [], total: 0 });
});

test("what the server says is only ever text, with its tricks made visible", () => {
  expect(pointName("login_failed")).toBe("wrong passwords");
  expect(pointName("toString")).toBe("toString");
  expect(pointName("new\u202ething")).toBe("new[U+202E]thing");
  expect(sentence("wrong passwords; score 13")).toBe("Wrong passwords; score 13.");
});

test.each([
  ["50 GB", 50e9], ["1.5t", 1.5e12], ["5", 5e9], ["0.002", 2e6], ["0.0005", 5e5], ["700 B", 700], ["1234567 b", 1_234_567], [" 2,5 MB ", 2.5e6], ["", null], ["-1", null], ["ten", null], ["1 PB", null],
])("the size %s is %s bytes", (text, bytes) => {
  expect(readSize(text)).toBe(bytes);
});

test.each([[5e9, "5 GB"], [2e6, "2 MB"], [1.25e9, "1.25 GB"], [1e12, "1 TB"], [0, "0 B"], [123_456_789, "123.456789 MB"], [1_234_567_891, "1.234567891 GB"]])(
  "%s bytes are written so that they are read as the same", (bytes, text) => {
    expect(writtenSize(bytes)).toBe(text);
    expect(readSize(text)).toBe(bytes);
  },
);
