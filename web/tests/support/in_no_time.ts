/** Waits that a test need not sit out. */
import { vi } from "vitest";

/** Waits of exactly these lengths are over at once until the mocks are restored; all others are what they are. */
export function inNoTime(...lengths: readonly number[]): void {
  const { setTimeout } = globalThis;
  vi.spyOn(globalThis, "setTimeout").mockImplementation(((run: () => void, time: number, ...given: []) =>
    setTimeout(run, lengths.includes(time) ? 10 : time, ...given)) as typeof setTimeout);
}
