/** A receiver that is gone takes the rest from the server: the sender learns it, whatever becomes of the server's answers. */
import { afterEach, expect, test, vi } from "vitest";
import { ResumeSecret } from "../../src/crypto_engine.ts";
import { fileSource } from "../../src/files/source.ts";
import { StoreRoad } from "../../src/transfer/store_road.ts";
import { RECORD_SIZE } from "../../src/wire/limits.ts";
import { inNoTime } from "../support/in_no_time.ts";
import { pair, together, type Side } from "../support/pair.ts";
import { ParkServer } from "../support/park_server.ts";

/** A receiver looks for a park so often, a sender at its own. */
const LOOKS = [2_000, 3_000];
const PAUSES = [500, 1_000];
const SOON = { timeout: 10_000 };

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

/** Nothing of a file came yet, and Bob has said goodbye: it goes to the server. */
async function parted(server: ParkServer): Promise<{ readonly alice: Side; readonly bob: Side; readonly file: File }> {
  vi.stubGlobal("fetch", server.fetch);
  inNoTime(...LOOKS, ...PAUSES);
  const { alice, bob, wire } = await pair(server.base);
  const file = new File([new Uint8Array(20 * RECORD_SIZE + 5).fill(3)], "a.bin");
  wire.tamper = (piece) => piece.subarray(0, 0); // it gets stuck
  alice.send("one", fileSource([{ path: "a.bin", file }]));
  await bob.reaches("asked");
  await bob.courier.answer(bob.last!.id, true, null);
  await vi.waitFor(() => { expect(wire.opened).toBe(1); }, SOON);
  await Promise.all([alice.loses("disconnected"), bob.loses()]);
  wire.cutAll();
  return { alice, bob, file };
}

async function bothHaveIt(alice: Side, bob: Side, file: File): Promise<void> {
  await bob.reaches("done");
  await alice.reaches("done");
  expect(Buffer.compare(Buffer.from(await bob.saved[0]!.blob.arrayBuffer()), Buffer.from(await file.arrayBuffer()))).toBe(0);
}

test("everything is parked, taken, and gone from the server", async () => {
  const server = new ParkServer();
  const { alice, bob, file } = await parted(server);
  await bothHaveIt(alice, bob, file);
  await vi.waitFor(() => { expect(server.there).toBe(0); }, SOON);
});

test.each(["commit_park", "PUT content/1"])("an answer to %s that does not come keeps nobody waiting for what has arrived", async (unanswered) => {
  const server = new ParkServer();
  server.fate = (asked) => (asked === unanswered ? "never" : "comes");
  const { alice, bob, file } = await parted(server);
  await bothHaveIt(alice, bob, file);
  await vi.waitFor(() => { expect(server.there).toBe(0); }, SOON);
});

test("a receiver that cannot say that it has everything says so again", async () => {
  const server = new ParkServer();
  server.fate = (asked, times) => (asked === "parked_done" && times < 3 ? "unheard" : "comes");
  const { alice, bob, file } = await parted(server);
  await bothHaveIt(alice, bob, file);
  expect(server.asked.filter((asked) => asked === "parked_done").length).toBe(3);
});

test("who meets and loses each other again while it fills is no reason to look for them without a pause", async () => {
  const server = new ParkServer();
  let goOn!: () => void;
  const partedAgain = new Promise<void>((resolve) => (goOn = resolve));
  server.fate = (asked) => (asked === "PUT content/1" ? partedAgain.then(() => "comes" as const) : "comes");
  const { taken } = StoreRoad.prototype;
  const looks = vi.spyOn(StoreRoad.prototype, "taken").mockImplementation(function (this: StoreRoad, ...given) {
    if (looks.mock.calls.length > 50) throw new Error("looked for without end"); // which nothing else would interrupt
    return taken.apply(this, given);
  });
  const { alice, bob, file } = await parted(server);
  await vi.waitFor(() => { expect(server.asked).toContain("PUT content/1"); }, SOON);
  await together(alice, bob, new ResumeSecret(new Uint8Array(32).fill(5)));
  await Promise.all([alice.loses(), bob.loses()]);
  goOn();
  await bothHaveIt(alice, bob, file);
});
