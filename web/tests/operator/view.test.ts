/** What the operator's page makes of what the server says: one sentence, plots that add up, nothing that runs. */
import { expect, test } from "vitest";
import { allowance, drawing, exception, fullness, headline, hundredths, pointName, readSize, sentence, span } from "../../src/operator/view.ts";
import type { Overview, Plot, Standing } from "../../src/wire/guard.ts";

const NOTHING: Plot = { start: 0, step: 60_000, series: [] };
const overview = (change: Partial<Overview>): Overview => ({
  mode: "enforce", configured: "enforce", breaker: false, siteUntil: null, subjects: 0, challenged: 0, waiting: 0, blocked: 0, allowed: 0, lost: 0,
  minutes: NOTHING, hours: NOTHING, ...change,
});
const standing = (change: Partial<Standing>): Standing => ({
  id: "0".repeat(32), kind: "ip", label: "192.0.2.7", action: "block", since: 0, expires: null, score: 4350, threshold: 4000, factor: 100, why: "", ...change,
});

test.each<readonly [Partial<Overview>, string]>([
  [{}, "All quiet."],
  [{ mode: "off", blocked: 3 }, "The defence is switched off."],
  [{ blocked: 1 }, "One address is stopped."],
  [{ blocked: 3 }, "3 addresses are stopped."],
  [{ blocked: 2, waiting: 1, challenged: 9 }, "2 addresses are stopped, strangers at one account have to wait."],
  [{ waiting: 2 }, "Strangers at 2 accounts have to wait."],
  [{ challenged: 1 }, "One visitor has to compute before they go on."],
  [{ mode: "observe", blocked: 2 }, "2 addresses would be stopped."],
])("%j is said as %s", (change, said) => {
  expect(headline(overview(change))).toBe(said);
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
  ["50 GB", 50e9], ["1.5t", 1.5e12], ["700", 700], [" 2,5 MB ", 2.5e6], ["", null], ["-1", null], ["ten", null], ["1 PB", null],
])("the size %s is %s bytes", (text, bytes) => {
  expect(readSize(text)).toBe(bytes);
});
