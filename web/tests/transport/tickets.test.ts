/** The ticket of a transfer: asked for once, renewed in time. */
import { expect, test } from "vitest";
import { Tickets } from "../../src/transport/tickets.ts";

test("one is asked for once, however many wait for it", async () => {
  let asked = 0;
  const tickets = new Tickets(async () => { asked++; return Promise.resolve({ ticket: `t${asked}`, expires: 0 }); });
  expect(await Promise.all([tickets.current(), tickets.current(), tickets.current()])).toEqual(["t1", "t1", "t1"]);
});

test("an old one is renewed before the server refuses it; a lasting one is not", async () => {
  let now = 0;
  let asked = 0;
  const ask = async () => Promise.resolve({ ticket: `t${++asked}`, expires: 0 });
  const tickets = new Tickets(ask, { ticket: "t0", expires: 0 }, false, () => now);
  const lasting = new Tickets(ask, { ticket: "t0", expires: 0 }, true, () => now);
  now = 11 * 60_000;
  expect([await tickets.current(), await lasting.current()]).toEqual(["t1", "t0"]);
});
