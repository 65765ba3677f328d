/** The list of transfers: bounded, and what arrived outlasts what came to nothing. */
import { expect, test, vi } from "vitest";
import { Ledger, type Line } from "../../src/transfer/ledger.ts";

const peer = { id: "0".repeat(32), tag: "0000", name: "Mallory", role: "sender", account: null } as const;

function ledger(): { readonly ledger: Ledger; readonly open: (id: string) => Line } {
  const lines = new Ledger(() => undefined, () => undefined);
  const open = (id: string): Line =>
    lines.open({ id, direction: "receive", peer, verified: false, phase: "asked", title: id, fileCount: 1, total: 1, text: null });
  return { ledger: lines, open };
}

test("the last hundred that ended stay, older ones go", () => {
  const { ledger: lines, open } = ledger();
  for (let at = 0; at < 1_300; at++) open(String(at)).ended("cancelled", null);
  expect(lines.snapshots().map(({ id }) => id)).toEqual(Array.from({ length: 100 }, (_, at) => String(1_200 + at)));
});

test("one that is under way stays, however many end after it", () => {
  const { ledger: lines, open } = ledger();
  open("waiting");
  for (let at = 0; at < 300; at++) open(String(at)).ended("declined", null);
  expect(lines.get("waiting")?.over).toBe(false);
  expect(lines.snapshots().length).toBe(101);
});

test("a message that arrived is not pushed out by offers that came to nothing", () => {
  const { ledger: lines, open } = ledger();
  open("message").done("read me");
  for (let at = 0; at < 300; at++) open(String(at)).ended("cancelled", null);
  expect(lines.get("message")?.snapshot.text).toBe("read me");
  for (let at = 0; at < 300; at++) open(`more ${String(at)}`).done(null);
  expect(lines.snapshots().length).toBe(100);
  expect(lines.get("message")).toBeUndefined();
});

test("what stands still for three seconds shows no speed of before, and what moves again shows its own", () => {
  vi.useFakeTimers({ toFake: ["performance"] });
  try {
    const line = ledger().open("slow");
    line.moving("relay");
    for (let at = 1; at <= 10; at++) {
      vi.advanceTimersByTime(200);
      line.at(at * 1_000_000);
    }
    line.stands();
    expect(line.snapshot.rate).toBe(5_000_000);
    vi.advanceTimersByTime(3_100);
    line.stands();
    expect(line.snapshot).toMatchObject({ rate: 0, eta: null, phase: "moving" });
    vi.advanceTimersByTime(200);
    line.at(11_000_000);
    expect(line.snapshot.rate).toBeGreaterThan(0);
  } finally {
    vi.useRealTimers();
  }
});

test("after several breaks it is said what was there at the first of this visit", () => {
  const line = ledger().open("a");
  for (const bytes of [0, 40, 99]) line.wentOn(bytes);
  expect(line.snapshot.resumedFrom).toBe(40);
});

test("the way it took is the one most of it took", () => {
  const line = ledger().open("a");
  line.moving("direct");
  line.at(70);
  line.moving("relay");
  line.at(100);
  line.done(null);
  expect(line.snapshot.path).toBe("direct");
});
