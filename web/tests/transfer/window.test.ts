/** The send window: at most 32 MiB of content records beyond the last ack. */
import { expect, test } from "vitest";
import { Interrupted } from "../../src/errors.ts";
import { SendWindow, WINDOW_BYTES } from "../../src/transfer/window.ts";

const RECORD = 512 * 1024;
const RECORDS = WINDOW_BYTES / RECORD;

async function isOpen(window: SendWindow, index: number): Promise<boolean> {
  let open = false;
  void window.room(index).then(() => (open = true));
  await new Promise((resolve) => setTimeout(resolve, 0));
  return open;
}

test("lets 32 MiB go without an ack and holds the next record back", async () => {
  const window = new SendWindow(RECORD);
  expect(await isOpen(window, RECORDS - 1)).toBe(true);
  expect(await isOpen(window, RECORDS)).toBe(false);
});

test("opens by exactly what was acked", async () => {
  const window = new SendWindow(RECORD);
  const held = window.room(RECORDS + 2);
  window.ack(2);
  expect(await Promise.race([held.then(() => "open"), Promise.resolve("held")])).toBe("held");
  window.ack(3);
  await held;
});

test("does not close again when an older ack comes late", async () => {
  const window = new SendWindow(RECORD);
  window.ack(10);
  window.ack(3);
  expect(await isOpen(window, RECORDS + 9)).toBe(true);
});

test("tells whoever waits that it broke", async () => {
  const window = new SendWindow(RECORD);
  const held = window.room(RECORDS);
  window.break(new Interrupted());
  await expect(held).rejects.toBeInstanceOf(Interrupted);
  await expect(window.room(0)).rejects.toBeInstanceOf(Interrupted);
});
