/** Waiting for one thing that somebody else will say. */

import { Interrupted, PeersealError } from "../errors.ts";

/** A promise with its ends outside. Nobody needs to wait for it. */
export class Awaited<T> {
  readonly promise: Promise<T>;
  resolve!: (value: T) => void;
  reject!: (error: Error) => void;

  constructor() {
    this.promise = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    this.promise.catch(() => undefined);
  }
}

/** The promise's outcome, or the reason of the signal if that comes first. */
export async function unlessStopped<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  promise.catch(() => undefined); // raised here, or nowhere if the signal came first
  signal.throwIfAborted();
  let stop: () => void = () => undefined;
  const stopped = new Promise<never>((_, reject) => {
    stop = () => {
      reject(signal.reason as Error);
    };
    signal.addEventListener("abort", stop);
  });
  stopped.catch(() => undefined);
  try {
    return await Promise.race([promise, stopped]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

/** How long a better reason may take. */
const REASON_MILLISECONDS = 1_500;

/** A broken path or a transfer the session no longer knows often has its reason on its way by the control channel:
 * that reason if it comes soon, else the error itself.
 */
export async function betterReason(error: unknown, signal: AbortSignal): Promise<unknown> {
  if (signal.aborted) return signal.reason;
  if (!(error instanceof Interrupted) && !(error instanceof PeersealError && error.code === "out_of_order")) return error;
  const soon = new Promise<never>((_, reject) => setTimeout(reject, REASON_MILLISECONDS, error));
  return unlessStopped(soon, signal).catch((reason: unknown) => reason);
}
