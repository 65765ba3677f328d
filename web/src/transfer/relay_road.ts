/** The relay as the only road: there from the start, tried again after each break. */
import { randomBytes } from "../crypto_engine.ts";
import { STREAM_ID_BYTES } from "../wire/limits.ts";
import type { Passage, Road, Roads } from "./passage.ts";

/** A relay tells when it breaks; only what a network drops without a word takes so long. */
const STALLS_MILLISECONDS = 60_000;

export function relayRoad(passage: Passage): Road {
  const stream = randomBytes(STREAM_ID_BYTES);
  return { kind: "relay", stream, open: (signal) => passage.openSend(stream, signal) };
}

export class RelayOnly implements Roads {
  readonly better = null;
  private readonly passage: Passage;

  constructor(passage: Passage) {
    this.passage = passage;
  }

  next(): Promise<Road> {
    return Promise.resolve(relayRoad(this.passage));
  }

  moved(): void {
    return;
  }

  stalls(milliseconds: number): boolean {
    return milliseconds > STALLS_MILLISECONDS;
  }

  broke(): void {
    return;
  }

  close(): void {
    return;
  }
}
