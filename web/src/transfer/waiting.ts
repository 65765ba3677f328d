/** Waiting for one thing that somebody else will say. */

import { Interrupted } from "../errors.ts";

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

/** A broken path often has a better reason on its way by the control channel: waits a moment for it. */
const REASON_MILLISECONDS = 1_500;

/** The reason of the signal if it comes soon, else the error itself. */
export async function betterReason(error: unknown, signal: AbortSignal): Promise<unknown> {
  if (!(error instanceof Interrupted)) return error;
  const soon = new Promise<never>((_, reject) => setTimeout(reject, REASON_MILLISECONDS, error));
  return unlessStopped(soon, signal).catch((reason: unknown) => reason);
}
