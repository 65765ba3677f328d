/** The operator's desk at a server of a few lines: who it lets in, what it asks while somebody looks, what it does. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Api } from "../../src/client/api.ts";
import { LiveDesk } from "../../src/operator/live_desk.ts";
import type { OperatorState } from "../../src/operator/state.ts";

const STANDING = {
  id: "a".repeat(32), kind: "ip", label: "192.0.2.7", action: "block", since: 1, expires: null, score: 4350, threshold: 4000, factor: 100, why: "because",
};
const PLOT = { start: 0, step: 60_000, series: [] };
const OVERVIEW = {
  mode: "enforce", configured: "enforce", breaker: false, site_until: null, subjects: 1, challenged: 0, waiting: 0, blocked: 1, allowed: 0, lost: 0,
  minutes: PLOT, hours: PLOT,
};

/** A desk, the state it shows last, and what the server heard; `answers` come before what it says to everybody. */
function open(secret: string | null, answers: Readonly<Record<string, () => Response>> = {}) {
  const heard: string[] = [];
  const room = { hidden: false, show: (): void => undefined };
  const json = (body: unknown, status = 200): Response => new Response(JSON.stringify(body), { status });
  const usual: Readonly<Record<string, () => Response>> = {
    "GET session": () => json({ by: "account", csrf: "c", expires: null }),
    "POST session": () => json({ by: "page", csrf: "c", expires: 5 }, 201),
    "GET overview": () => json(OVERVIEW),
    "GET standing": () => json({ standings: [STANDING] }),
    "GET reports": () => json({ reports: [], next: null }),
    [`GET standing/${STANDING.id}`]: () => json({ standing: STANDING, sightings: [] }),
    [`POST standing/${STANDING.id}/undo`]: () => new Response(null, { status: 204 }),
  };
  const api = new Api("http://server/", async (address, request) => {
    const what = `${request.method} ${address.pathname.replace("/api/v1/operator/", "")}`;
    heard.push(`${what}${new Headers(request.headers).has("X-CSRF-Token") ? " csrf" : ""}`);
    const answer = answers[what] ?? usual[what];
    if (answer === undefined) throw new Error(`nobody expected ${what}`);
    return answer();
  });
  const desk = new LiveDesk(api, secret, { hidden: () => room.hidden, shown: (run) => (room.show = run), now: Date.now });
  let state: OperatorState | null = null;
  desk.subscribe((next) => (state = next));
  return { desk, heard, room, state: () => state as unknown as OperatorState };
}

const no = (status: number, code: string) => (): Response => new Response(JSON.stringify({ code, title: "No.", status, request_id: "x" }), { status });
const settle = (): Promise<unknown> => vi.advanceTimersByTimeAsync(100);

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("an operator is shown how the server stands, and again every two seconds", async () => {
  const { heard, state } = open(null);
  await settle();
  expect(state()).toMatchObject({ who: "account", standings: [{ label: "192.0.2.7" }], trouble: null });
  expect(heard).toEqual(["GET session", "GET overview", "GET standing", "GET reports"]);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(heard.slice(4)).toEqual(["GET overview", "GET standing"]);
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
  expect(heard.slice(asked)).toEqual(["GET overview", "GET standing"]);
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

test("an operator whose right ended sees nothing of it any more", async () => {
  let ended = false;
  const { state } = open(null, { "GET overview": () => (ended ? no(404, "not_found")() : new Response(JSON.stringify(OVERVIEW))) });
  await settle();
  ended = true;
  await vi.advanceTimersByTimeAsync(2_100);
  expect(state()).toMatchObject({ who: "stranger", overview: null, standings: [] });
});
