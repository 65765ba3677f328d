/** The code of the error a step raises, "ok" if it raises none. Anything but a PeersealError goes on up. */
import { PeersealError } from "../../src/errors.ts";

export function codeOf(step: () => unknown): string {
  try {
    step();
  } catch (error) {
    if (error instanceof PeersealError) return error.code;
    throw error;
  }
  return "ok";
}

export async function codeOfPromise(step: Promise<unknown>): Promise<string> {
  try {
    await step;
  } catch (error) {
    if (error instanceof PeersealError) return error.code;
    throw error;
  }
  return "ok";
}
