/** Which way records go while a direct path comes, stalls, dies or is slow; by a clock of its own. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Interrupted } from "../../src/errors.ts";
import { fileSource } from "../../src/files/source.ts";
import type { Description } from "../../src/protocol/control.ts";
import type { SessionEvent } from "../../src/protocol/session.ts";
import { Marks, newFileId, newFileKey } from "../../src/crypto_engine.ts";
import { Carrying } from "../../src/transfer/carrying.ts";
import { DirectReach } from "../../src/transfer/direct_reach.ts";
import { DirectRoads } from "../../src/transfer/direct_road.ts";
import { Ledger } from "../../src/transfer/ledger.ts";
import type { Passage } from "../../src/transfer/passage.ts";
import type { Route } from "../../src/transfer/state.ts";
import type { DirectPaths } from "../../src/transport/direct.ts";
import type { SendEnd } from "../../src/transport/transport.ts";
import { MIB, RECORD_SIZE } from "../../src/wire/limits.ts";

const TOTAL = 4_000 * MIB;
const OFFER = {
  event: "description", description: { id: newFileId(), role: "offer" } as unknown as Description,
} as const;
const really = setTimeout;
const never = new AbortController().signal;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["performance", "setTimeout", "clearTimeout", "setInterval", "clearInterval"] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** An end that takes records; what happens to them is the test's. */
function end(kind: "relay" | "direct", send: () => Promise<void> = () => Promise.resolve()): SendEnd {
  let abort: () => void = () => undefined;
  // A direct path ends when the other side says that it has all of it.
  const finish = (): Promise<void> => (kind === "relay" ? Promise.resolve() : new Promise((_, reject) => { abort = () => { reject(new Interrupted()); }; }));
  return { kind, detail: "websocket", send, finish, abort: () => { abort(); } } as unknown as SendEnd;
}

function roads(route: Route = "auto", direct: () => SendEnd = () => end("direct")) {
  const made = vi.fn(() => Promise.resolve({
    ready: () => Promise.resolve(), heardDescription: () => undefined, heardIce: () => undefined, standing: true, close: () => undefined,
    openSend: () => Promise.resolve(direct()),
  } as unknown as DirectPaths));
  const passage = { away: false, resumed: false, step: () => Promise.resolve(), openSend: () => Promise.resolve(end("relay")) } as unknown as Passage;
  return { roads: new DirectRoads(passage, newFileId(), TOTAL, () => route, made), made, passage };
}

/** So many MiB are acknowledged in each tenth of a second, for so long. */
async function moves(way: DirectRoads, from: number, each: number, tenths: number): Promise<number> {
  let held = from;
  for (let tenth = 0; tenth < tenths; tenth++) {
    await vi.advanceTimersByTimeAsync(100);
    way.moved((held += each) * MIB);
  }
  return held;
}

/** The receiver's offer of a connection comes, and the connection. */
async function stands(way: DirectRoads): Promise<void> {
  await way.heard(OFFER);
  for (let turn = 0; turn < 5; turn++) await vi.advanceTimersByTimeAsync(1);
}

test("it begins on the relay and moves to a direct path that stands", async () => {
  const { roads: way } = roads();
  expect((await way.next(never)).kind).toBe("relay");
  await moves(way, 0, 5, 12);
  expect(way.better).toBe(false); // there is none yet
  await stands(way);
  expect(way.better).toBe(true);
  expect(way.change().kind).toBe("direct");
  expect(way.better).toBe(false); // it gets a moment
});

test.each([["relay", 0], ["direct", 1], ["auto", 1]] as const)("with the way “%s” the page tells of itself %i times", async (route, times) => {
  const { roads: way, made } = roads(route);
  await way.heard(OFFER);
  expect(made).toHaveBeenCalledTimes(times);
  const { made: asked } = roads(route);
  const reach = new DirectReach(newFileId(), TOTAL, () => route, asked);
  reach.begin();
  expect(asked).toHaveBeenCalledTimes(times);
  reach.close();
});

test("direct only, and none comes: that is what is said, and nothing takes the relay", async () => {
  const { roads: way } = roads("direct");
  const next = way.next(never).then(({ kind }) => kind, (error: unknown) => (error as Interrupted).code);
  await vi.advanceTimersByTimeAsync(20_000);
  expect(await next).toBe("no_direct_path");
});

test("a slow direct path gives way, and is not taken again", async () => {
  const { roads: way } = roads();
  await way.next(never);
  let held = await moves(way, 0, 10, 5);
  await stands(way);
  expect(way.change().kind).toBe("direct");
  held = await moves(way, held, 2, 9);
  expect(way.better).toBe(false);
  held = await moves(way, held, 2, 4);
  expect(way.better).toBe(true);
  expect(way.change().kind).toBe("relay");
  await moves(way, held, 10, 20);
  expect(way.better).toBe(false);
});

test("one that becomes slow later gives way then; a short pause is none", async () => {
  const { roads: way } = roads();
  await way.next(never);
  let held = await moves(way, 0, 5, 5);
  await stands(way);
  expect(way.change().kind).toBe("direct");
  for (let second = 0; second < 12; second++) {
    held = await moves(way, held, second === 7 ? 0 : 10, 10);
    expect(way.better).toBe(false);
  }
  const better: boolean[] = [];
  for (let second = 0; second < 12; second++) {
    held = await moves(way, held, 1, 10);
    better.push(way.better);
  }
  expect(better).toContain(true);
});

test.each([
  ["that stalls", () => Promise.resolve()],
  ["that dies", () => Promise.reject(new Interrupted())],
])("from a direct path %s the records are back on the relay within three seconds", async (_, send) => {
  const { roads: way, passage } = roads("auto", () => end("direct", send));
  const line = new Ledger(() => undefined, () => undefined).open({
    id: "one", direction: "send", peer: { id: "", tag: "", name: "Bob", role: "receiver", account: null }, verified: true, phase: "moving",
    title: "one", fileCount: 1, total: TOTAL, text: null,
  });
  const source = fileSource([{ path: "one", file: new File([new Uint8Array(50 * RECORD_SIZE)], "one") }]);
  const sealing = { key: newFileKey(), id: newFileId(), version: 1, recordSize: RECORD_SIZE, marks: new Marks() };
  let carrying: Carrying | null = null;
  let wentDirect = 0;
  // The relay's records are acknowledged, slowly; those of the direct path never.
  const relay = end("relay", async () => {
    await new Promise((resolve) => setTimeout(resolve, 50));
    carrying?.acked(Math.max(0, sealing.marks.count("content") - 1));
  });
  Object.assign(passage, { openSend: () => Promise.resolve(relay) });
  const naming = ({ kind }: { readonly kind: string }): Promise<void> => {
    if (kind === "direct") wentDirect = performance.now();
    return Promise.resolve();
  };
  carrying = new Carrying(sealing, source, naming, way, line, () => undefined, never);
  await way.heard(OFFER);
  let broke: unknown = null;
  carrying.run({ manifest: 0, content: 0, bytes: 0 }).catch((error: unknown) => { broke = error; });
  for (let turn = 0; turn < 1_000 && broke === null; turn++) {
    await new Promise((resolve) => really(resolve, 3)); // the crypto has its own clock
    await vi.advanceTimersByTimeAsync(20);
  }
  expect(broke).toBeInstanceOf(Interrupted);
  expect(wentDirect).toBeGreaterThan(0);
  expect(performance.now() - wentDirect).toBeLessThan(2_800); // and a fifth of a second until the next try
  expect((await way.next(never)).kind).toBe("relay");
});

test("direct only, and the other side is a command line: that is said at once", async () => {
  const { roads: way } = roads("direct");
  const next = way.next(never).then(({ kind }) => kind, (error: unknown) => (error as Interrupted).code);
  await way.heard({ event: "candidates", candidates: { type: "candidates", id: newFileId(), port: 1, addresses: [], here: [] } } as unknown as SessionEvent);
  await vi.advanceTimersByTimeAsync(100);
  expect(await Promise.race([next, Promise.resolve("waits")])).toBe("no_direct_path");
});

test("direct only, and nobody offers a connection: it is not waited for as one that is being made", async () => {
  const { roads: way } = roads("direct");
  const next = way.next(never).then(({ kind }) => kind, (error: unknown) => (error as Interrupted).code);
  await vi.advanceTimersByTimeAsync(6_000);
  expect(await Promise.race([next, Promise.resolve("waits")])).toBe("no_direct_path");
});

test("choosing the fastest way while only direct ones are waited for counts at once", async () => {
  let route: Route = "direct";
  const passage = { away: false, resumed: false, openSend: () => Promise.resolve(end("relay")) } as unknown as Passage;
  const way = new DirectRoads(passage, newFileId(), TOTAL, () => route, () => Promise.resolve(null));
  const next = way.next(never).then(({ kind }) => kind, (error: unknown) => (error as Interrupted).code);
  await vi.advanceTimersByTimeAsync(1_000);
  route = "auto";
  await vi.advanceTimersByTimeAsync(100);
  expect(await Promise.race([next, Promise.resolve("waits")])).toBe("relay");
});

test("a relay of which nothing is taken gives way to a direct path that stands: they may want no other", async () => {
  const { roads: way } = roads();
  expect((await way.next(never)).kind).toBe("relay");
  await stands(way);
  expect(way.stalls(2_001)).toBe(true);
  way.broke();
  expect((await way.next(never)).kind).toBe("direct");
});

test("one that is slow to begin while there is no other way is waited for", async () => {
  const { roads: way } = roads();
  await way.next(never);
  expect(way.stalls(20_000)).toBe(false);
});

test("a relay that had carried something is taken again after its break", async () => {
  const { roads: way } = roads();
  await way.next(never);
  await moves(way, 0, 5, 3);
  await stands(way);
  expect(way.stalls(2_001)).toBe(false);
  way.broke();
  expect((await way.next(never)).kind).toBe("relay");
});

test("a relay faster than any data channel is left alone; one that becomes slower is not", async () => {
  const { roads: way } = roads();
  await way.next(never);
  const held = await moves(way, 0, 12, 12);
  await stands(way);
  expect(way.better).toBe(false);
  await moves(way, held, 1, 60);
  expect(way.better).toBe(true);
});
