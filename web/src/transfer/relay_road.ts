/** The relay as a road: there from the start, tried again after each break. */
import { randomBytes } from "../crypto_engine.ts";
import { STREAM_ID_BYTES } from "../wire/limits.ts";
import type { Passage, Road } from "./passage.ts";

/** A relay tells when it breaks; only what a network drops without a word takes so long. */
export const RELAY_STALLS_MILLISECONDS = 60_000;

export function relayRoad(passage: Passage): Road {
  const stream = randomBytes(STREAM_ID_BYTES);
  return { kind: "relay", stream, open: (signal) => passage.openSend(stream, signal) };
}
