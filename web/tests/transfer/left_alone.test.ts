/** What lies on the server outlasts the link: it is waited for, may be taken back or dismissed, and ends with its time. */
import { afterEach, expect, test, vi } from "vitest";
import { fileSource } from "../../src/files/source.ts";
import { RECORD_SIZE } from "../../src/wire/limits.ts";
import { inNoTime } from "../support/in_no_time.ts";
import { pair, type Side } from "../support/pair.ts";
import { ParkServer } from "../support/park_server.ts";

const LOOKS = [2_000, 3_000];
const SOON = { timeout: 10_000 };

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

/** Bob has gone, and cannot reach the server: everything of it lies there. */
async function parked(server: ParkServer): Promise<{ readonly alice: Side; readonly reach: () => void }> {
  vi.stubGlobal("fetch", server.fetch);
  inNoTime(...LOOKS);
  let reached = false;
  server.fate = (asked) => (!reached && asked.startsWith("parked") ? "unheard" : "comes");
  const { alice, bob, wire } = await pair(server.base);
  wire.tamper = (piece) => piece.subarray(0, 0); // it gets stuck
  alice.send("one", fileSource([{ path: "a.bin", file: new File([new Uint8Array(20 * RECORD_SIZE + 5).fill(3)], "a.bin") }]));
  await bob.reaches("asked");
  await bob.courier.answer(bob.last!.id, true, null);
  await vi.waitFor(() => { expect(wire.opened).toBe(1); }, SOON);
  await Promise.all([alice.loses("disconnected"), bob.loses()]);
  wire.cutAll();
  await alice.reaches("parked");
  return { alice, reach: () => { reached = true; } };
}

/** Alice's page looks at the park again, twice. */
async function looksOn(server: ParkServer): Promise<void> {
  const looks = (): number => server.asked.filter((asked) => asked === "park").length;
  const before = looks();
  await vi.waitFor(() => { expect(looks()).toBeGreaterThan(before + 1); }, SOON);
}

test.each(["vanished", "not_waiting", "interrupted", "left", "cancelled"])("a link that ends by %s ends nothing that lies there, and it is done once it is taken", async (code) => {
  const server = new ParkServer();
  const { alice, reach } = await parked(server);
  alice.courier.stop(code);
  await looksOn(server);
  expect(alice.last).toMatchObject({ phase: "parked", problem: null });
  expect(server.there).toBe(1);
  reach();
  await alice.reaches("done");
  expect(server.there).toBe(0);
});

test("it is taken back without a link", async () => {
  const server = new ParkServer();
  const { alice } = await parked(server);
  alice.courier.stop("vanished");
  await looksOn(server);
  expect(alice.ledger.withdraw("one")).toBe(true);
  await alice.reaches("cancelled");
  await vi.waitFor(() => { expect(server.there).toBe(0); }, SOON);
  expect(alice.ledger.withdraw("one")).toBe(false);
});

test("dismissed, it stays there", async () => {
  const server = new ParkServer();
  const { alice } = await parked(server);
  alice.courier.stop("vanished");
  alice.ledger.dismiss("one");
  expect(alice.last).toBeUndefined();
  await looksOn(server);
  expect(server.there).toBe(1);
});

test("whose time is over without anybody having fetched it, it says so", async () => {
  const server = new ParkServer();
  const { alice } = await parked(server);
  alice.courier.stop("vanished");
  vi.spyOn(Date, "now").mockReturnValue(alice.last!.expires! + 1);
  server.forgets();
  await alice.reaches("failed");
  expect(alice.last!.problem!.code).toBe("not_fetched");
});

test.each([["words_differ", false], ["cancelled", true]] as const)("an end by %s, said to the other side: %s, is one for it too", async (code, told) => {
  const server = new ParkServer();
  const { alice } = await parked(server);
  alice.courier.stop(code, told);
  await alice.settled();
  expect(alice.last!.phase).toBe(told ? "cancelled" : "failed");
  if (told) await vi.waitFor(() => { expect(server.there).toBe(0); }, SOON);
});
