/** The operator's desk at a server of a few lines: who it lets in, what it asks while somebody looks, what it does. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Api } from "../../src/client/api.ts";
import { LiveDesk } from "../../src/operator/live_desk.ts";
import type { OperatorState } from "../../src/operator/state.ts";

const STANDING = {
  id: "a".repeat(32), kind: "ip", label: "192.0.2.7", action: "block", since: 1, expires: null, score: 4350, threshold: 4000, factor: 100, why: "because",
};
const EVENT = {
  id: "e".repeat(32), seq: 7, time: 1, point: "honeypot", action: "block", mode: "enforce", kind: "ip", key: "k", label: "192.0.2.7", route: "*", method: "GET",
  status: 404, score_before: 0, score_after: 4350, threshold: 4000, factor: 100, count: 1, seconds: 0, distinct: 1, expires: null, why: "because",
};
const DAMAGED = { id: "d".repeat(32), kind: "file", version: 2, owner: "ann", chunks: 1, fault: "missing", since: 1 };
const REPORTED = { id: "f".repeat(32), link: "0".repeat(32), reason: "malware", text: "", created: 1, state: "open", owner: "ann", count: 1 };
const LOOK = ["GET overview", "GET standing", "GET events", "GET damage"];
const PLOT = { start: 0, step: 60_000, series: [] };
const OVERVIEW = {
  mode: "enforce", configured: "enforce", breaker: false, site_until: null, subjects: 1, challenged: 0, waiting: 0, blocked: 1, allowed: 0, lost: 0,
  minutes: PLOT, hours: PLOT,
};

/** A desk, the state it shows last, and what the server heard; `answers` come before what it says to everybody. */
function open(secret: string | null, answers: Readonly<Record<string, () => Response>> = {}, hear: (address: URL, headers: Headers) => void = () => undefined) {
  const heard: string[] = [];
  const room = { hidden: false, show: (): void => undefined };
  let ailments: Record<string, string> | null = {};
  const json = (body: unknown, status = 200): Response => new Response(JSON.stringify(body), { status });
  const usual: Readonly<Record<string, () => Response>> = {
    "GET session": () => json({ by: "account", csrf: "c", expires: null }),
    "POST session": () => json({ by: "page", csrf: "c", expires: 5 }, 201),
    "GET overview": () => json(OVERVIEW),
    "GET standing": () => json({ standings: [STANDING] }),
    "GET events": () => json({ events: [EVENT], next: "7" }),
    "GET damage": () => json({ damaged: [DAMAGED], more: false, last: 1 }),
    "GET reports": () => json({ reports: [], next: null }),
    [`GET standing/${STANDING.id}`]: () => json({ standing: STANDING, sightings: [] }),
    [`POST standing/${STANDING.id}/undo`]: () => new Response(null, { status: 204 }),
  };
  const api = new Api("http://server/", async (address, request) => {
    const what = `${request.method} ${address.pathname.replace("/api/v1/operator/", "")}`;
    const headers = new Headers(request.headers);
    hear(address, headers);
    heard.push(`${what}${headers.has("X-CSRF-Token") ? " csrf" : ""}`);
    const answer = answers[what] ?? usual[what];
    if (answer === undefined) throw new Error(`nobody expected ${what}`);
    return answer();
  });
  const desk = new LiveDesk(api, secret, { hidden: () => room.hidden, shown: (run) => (room.show = run), now: Date.now, registration: () => Promise.resolve("invite"), ailments: () => Promise.resolve(ailments) });
  let state: OperatorState | null = null;
  desk.subscribe((next) => (state = next));
  const ails = (next: typeof ailments): void => void (ailments = next);
  return { desk, heard, room, ails, state: () => state as unknown as OperatorState };
}

const no = (status: number, code: string) => (): Response => new Response(JSON.stringify({ code, title: "No.", status, request_id: "x" }), { status });
const settle = (): Promise<unknown> => vi.advanceTimersByTimeAsync(100);

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("an operator is shown how the server stands, and again every two seconds", async () => {
  const { heard, state } = open(null);
  await settle();
  expect(state()).toMatchObject({
    who: "account", standings: [{ label: "192.0.2.7" }], events: { rows: [{ action: "block", label: "192.0.2.7" }] }, damage: { damaged: [{ owner: "ann" }] }, trouble: null,
  });
  expect(heard).toEqual(["GET session", ...LOOK, "GET reports"]);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(heard.slice(LOOK.length + 2)).toEqual(LOOK);
});

test("a server that cannot do all its work says why, until it can", async () => {
  const { ails, state } = open(null);
  ails({ disk: "full" });
  await settle();
  expect(state().ailments).toEqual({ disk: "full" });
  ails(null); // it did not say: as before
  await vi.advanceTimersByTimeAsync(2_000);
  expect(state().ailments).toEqual({ disk: "full" });
  ails({});
  await vi.advanceTimersByTimeAsync(2_000);
  expect(state().ailments).toEqual({});
});

test("nobody asks while nobody looks", async () => {
  const { heard, room } = open(null);
  await settle();
  room.hidden = true;
  await vi.advanceTimersByTimeAsync(60_000);
  const asked = heard.length;
  await vi.advanceTimersByTimeAsync(60_000);
  expect(heard).toHaveLength(asked);
  room.hidden = false;
  room.show();
  await settle();
  expect(heard.slice(asked)).toEqual(LOOK);
});

test("whoever is no operator finds nothing here", async () => {
  const { heard, state } = open(null, { "GET session": no(404, "not_found") });
  await settle();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(state().who).toBe("stranger");
  expect(heard).toEqual(["GET session"]);
});

test("a link opens the page once; used again, what this browser has counts", async () => {
  const once = open("secret");
  await settle();
  expect(once.state().who).toBe("page");
  const again = open("secret", { "POST session": no(404, "not_found") });
  await settle();
  expect(again.state().who).toBe("account");
  expect(again.heard.slice(0, 2)).toEqual(["POST session", "GET session"]);
});

test("undoing says so to the server, with the page's own value, and shows what is left", async () => {
  let left: unknown[] = [STANDING];
  const { desk, heard, state } = open(null, { "GET standing": () => new Response(JSON.stringify({ standings: left })) });
  await settle();
  left = [];
  expect(await desk.undo(STANDING.id)).toBeNull();
  expect(heard).toContain(`POST standing/${STANDING.id}/undo csrf`);
  expect(state().standings).toEqual([]);
});

test("a few events are asked for, as many as a page has once somebody wants more", async () => {
  const limits: (string | null)[] = [];
  const { desk } = open(null, {}, (address) => {
    if (address.pathname.endsWith("/events")) limits.push(address.searchParams.get("limit"));
  });
  await settle();
  expect(await desk.more("events")).toBeNull();
  await vi.advanceTimersByTimeAsync(2_100);
  expect(limits).toEqual(["8", "200", "200"]);
});

test("what is reported while somebody looks is found, and never folds up what they unfolded", async () => {
  let next: string | null = null;
  const { desk, heard, state } = open(null, { "GET reports": () => new Response(JSON.stringify({ reports: [REPORTED], next })) });
  await settle();
  const asked = (): number => heard.filter((what) => what === "GET reports").length;
  expect(asked()).toBe(1);
  next = "1";
  await vi.advanceTimersByTimeAsync(10_000);
  expect(asked()).toBe(2);
  next = null;
  expect(await desk.more("reports")).toBeNull();
  await vi.advanceTimersByTimeAsync(30_000);
  expect(asked()).toBe(3);
  expect(state().reports?.rows).toHaveLength(2);
});

test("an invitation that is used while somebody looks says so by itself", async () => {
  const invite = { id: "1".repeat(32), note: "", created: 1, expires: 9, used: null as string | null };
  const { desk, heard, state } = open(null, { "GET invites": () => new Response(JSON.stringify({ invites: [invite] })) });
  await settle();
  await desk.look("invites");
  expect(state().invites?.[0]?.used).toBeNull();
  invite.used = "Ben";
  await vi.advanceTimersByTimeAsync(4_100);
  expect(state().invites?.[0]?.used).toBe("Ben");
  await desk.look("reports");
  const asked = heard.filter((what) => what === "GET invites").length;
  await vi.advanceTimersByTimeAsync(10_000);
  expect(heard.filter((what) => what === "GET invites")).toHaveLength(asked);
});

test("whoever makes invitations is told whether they are needed", async () => {
  const { desk, state } = open(null, { "GET invites": () => new Response(JSON.stringify({ invites: [] })) });
  await settle();
  expect(await desk.look("invites")).toBeNull();
  expect(state()).toMatchObject({ invites: [], registration: "invite" });
});

test("a server that does not answer leaves what was known, and is asked again", async () => {
  let away = false;
  const { state } = open(null, { "GET overview": () => (away ? no(503, "unavailable")() : new Response(JSON.stringify(OVERVIEW))) });
  await settle();
  away = true;
  await vi.advanceTimersByTimeAsync(2_100);
  expect(state()).toMatchObject({ standings: [{ label: "192.0.2.7" }], trouble: { code: "unavailable" } });
  away = false;
  await vi.advanceTimersByTimeAsync(2_100);
  expect(state().trouble).toBeNull();
});

/** A desk whose operator signs out and in again: without the right every address answers 404. */
function leaving() {
  const right = { there: true, csrf: "first" };
  let shown: string | null = null; // what the last change came with
  const known: Readonly<Record<string, () => unknown>> = {
    "GET session": () => ({ by: "account", csrf: right.csrf, expires: null }),
    "GET overview": () => OVERVIEW,
    "GET standing": () => ({ standings: [STANDING] }),
    "GET events": () => ({ events: [EVENT], next: null }),
    "GET damage": () => ({ damaged: [], more: false, last: 1 }),
    "GET reports": () => ({ reports: [REPORTED], next: null }),
    "GET allow": () => ({ allowed: [] }),
  };
  const answers = Object.entries(known).map(([what, body]) => [
    what, () => (right.there ? new Response(JSON.stringify(body())) : no(404, "not_found")()),
  ] as const);
  const hear = (_: URL, headers: Headers): void => void (shown = headers.get("X-CSRF-Token") ?? shown);
  return { right, shown: () => shown, ...open(null, Object.fromEntries(answers), hear) };
}

test("an operator whose right ended sees nothing of it any more; the page asks one thing, every five seconds", async () => {
  const { right, heard, state } = leaving();
  await settle();
  right.there = false;
  await vi.advanceTimersByTimeAsync(2_100);
  expect(state()).toMatchObject({ who: "ended", overview: null, standings: [], events: null, reports: null });
  const before = heard.length;
  await vi.advanceTimersByTimeAsync(15_000);
  expect(heard.slice(before)).toEqual(["GET overview", "GET overview", "GET overview"]);
  expect(state().who).toBe("ended");
});

test("an operator who is back is shown what they looked at, with the new session's own value", async () => {
  const { right, shown, desk, heard, state } = leaving();
  await settle();
  await desk.look("allowed");
  right.there = false;
  await vi.advanceTimersByTimeAsync(2_100);
  right.there = true;
  right.csrf = "second";
  const before = heard.length;
  await vi.advanceTimersByTimeAsync(5_000);
  const all = ["GET overview", "GET session", ...LOOK, "GET reports", "GET allow"];
  expect(heard.slice(before)).toEqual(all);
  expect(state()).toMatchObject({ who: "account", standings: [{ label: "192.0.2.7" }], reports: { rows: [{ owner: "ann" }] }, allowed: [], trouble: null });
  await vi.advanceTimersByTimeAsync(2_100);
  expect(heard.slice(before + all.length)).toEqual([...LOOK, "GET allow"]);
  expect(await desk.undo(STANDING.id)).toBeNull();
  expect(shown()).toBe("second");
});

test("whoever looks at the tab again is back at once, and while nobody looks nothing is asked", async () => {
  const { right, heard, room, state } = leaving();
  await settle();
  right.there = false;
  await vi.advanceTimersByTimeAsync(2_100);
  room.hidden = true;
  await vi.advanceTimersByTimeAsync(6_000);
  const before = heard.length;
  await vi.advanceTimersByTimeAsync(60_000);
  expect(heard).toHaveLength(before);
  right.there = true;
  room.hidden = false;
  room.show();
  await settle();
  expect(state().who).toBe("account");
});

test("who closed the page by themselves is not called back", async () => {
  const { desk, heard, state } = open("secret", { "DELETE session": () => new Response(null, { status: 204 }) });
  await settle();
  expect(await desk.leave()).toBeNull();
  const before = heard.length;
  await vi.advanceTimersByTimeAsync(20_000);
  expect(state().who).toBe("stranger");
  expect(heard).toHaveLength(before);
});
