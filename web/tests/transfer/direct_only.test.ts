/** A receiver who takes direct paths only, and a sender who begins by way of the server. */
import { expect, test, vi } from "vitest";
import { Interrupted } from "../../src/errors.ts";
import { DirectOnly } from "../../src/transfer/direct_only.ts";

function receiver(only = true, standing = false) {
  const reach = { only, standing };
  const lost = vi.fn(() => Promise.resolve());
  return { reach, lost, ways: new DirectOnly(reach, lost) };
}

const codeOf = (error: unknown): string => (error as Interrupted).code;

test("who takes any way takes them all, who takes direct paths only takes those", () => {
  const [any, only] = [receiver(false), receiver()];
  expect((["relay", "direct", "store"] as const).map((kind) => any.ways.takes(kind))).toEqual([true, true, true]);
  expect((["relay", "direct", "store"] as const).map((kind) => only.ways.takes(kind))).toEqual([false, true, false]);
});

test("with no connection it refuses after some seconds, and says why", async () => {
  const { ways, lost } = receiver();
  for (let now = 0; now <= 6_000; now += 500) await ways.look(now);
  expect(await ways.look(6_001).catch(codeOf)).toBe("no_direct_path");
  expect(lost).not.toHaveBeenCalled();
});

test("while a connection stands it says now and then that nothing arrives, and gives the sender time to come over", async () => {
  const { ways, lost } = receiver(true, true);
  for (let now = 0; now <= 15_000; now += 500) await ways.look(now);
  expect(lost.mock.calls.length).toBeGreaterThan(3);
  expect(await ways.look(15_001).catch(codeOf)).toBe("no_direct_path");
});

test("the wait begins anew once a way was taken", async () => {
  const { ways } = receiver();
  await ways.look(0);
  expect(ways.takes("direct")).toBe(true);
  await ways.look(10_000);
  await ways.look(15_000);
});

test("who changes their mind meanwhile takes what was named", async () => {
  const { ways, reach } = receiver();
  await ways.look(0);
  expect(ways.takes("relay")).toBe(false);
  reach.only = false;
  expect(ways.takes("relay")).toBe(true);
});
