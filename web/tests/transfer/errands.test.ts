/** Uploads and downloads under way: cancelled, failed, and forgotten with whoever they belong to. */
import { expect, test } from "vitest";
import { failure } from "../../src/errors.ts";
import { Errands, type NewErrand } from "../../src/transfer/errands.ts";
import { Ledger } from "../../src/transfer/ledger.ts";
import { unlessStopped } from "../../src/transfer/waiting.ts";

const never = new AbortController().signal;
const forever = new Promise<never>(() => undefined);
const what: NewErrand = { id: "t", direction: "send", title: "a", fileCount: 1, total: 10, text: null, who: "bert" };

function fresh(): { readonly ledger: Ledger; readonly errands: Errands } {
  const ledger = new Ledger(() => undefined, () => undefined);
  return { ledger, errands: new Errands(ledger) };
}

test("one that ends well is done, stored, and with its text", async () => {
  const { ledger, errands } = fresh();
  expect(await errands.run(what, never, () => Promise.resolve("said"))).toBeNull();
  expect(ledger.get("t")?.snapshot).toMatchObject({ phase: "done", path: "store", done: 10, text: "said", peer: { name: "bert" } });
});

test("cancelling ends it as cancelled, without a problem", async () => {
  const { ledger, errands } = fresh();
  const running = errands.run(what, never, (_line, signal) => unlessStopped(forever, signal));
  expect(errands.cancel("t")).toBe(true);
  await running;
  expect(ledger.get("t")?.snapshot).toMatchObject({ phase: "cancelled", problem: null });
  expect(errands.cancel("t")).toBe(false);
});

test("one that fails says why, in the words of stored files", async () => {
  const { ledger, errands } = fresh();
  await errands.run(what, never, () => Promise.reject(failure("not_found")));
  expect(ledger.get("t")?.snapshot).toMatchObject({ phase: "failed", problem: { code: "not_found", message: "This is not here: it is gone, or it is not yours." } });
});

test("when its person signs out, one under way stops and leaves no line, nor do those that are over", async () => {
  const { ledger, errands } = fresh();
  const end = new AbortController();
  await errands.run({ ...what, id: "over" }, end.signal, () => Promise.resolve(null));
  const running = errands.run(what, end.signal, (_line, signal) => unlessStopped(forever, signal));
  end.abort();
  errands.forgetPersonal();
  await running;
  expect(ledger.snapshots()).toEqual([]);
});

test("before a session ends, one under way is cancelled and waited for until it has told the server", async () => {
  const { ledger, errands } = fresh();
  let told = false;
  void errands.run(what, never, async (_line, signal) => {
    try {
      return await unlessStopped(forever, signal);
    } catch (error) {
      await new Promise((resolve) => setTimeout(resolve, 10));
      told = true;
      throw error;
    }
  });
  void errands.run({ ...what, id: "a guest's" }, null, () => forever);
  await errands.stopPersonal();
  expect(told).toBe(true);
  expect(ledger.snapshots().map(({ phase }) => phase)).toEqual(["cancelled", "moving"]);
});

test("one that does not stop is not waited for without end", async () => {
  const { errands } = fresh();
  void errands.run(what, never, () => forever);
  await errands.stopPersonal(10);
});

test("a guest's download stays when somebody signs out", async () => {
  const { ledger, errands } = fresh();
  await errands.run(what, null, () => Promise.resolve(null));
  errands.forgetPersonal();
  expect(ledger.snapshots()).toHaveLength(1);
});
