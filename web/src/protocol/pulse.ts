/** Whether the other side is alive: when a ping is due, and when the silence has been too long. Times in milliseconds. */
import { PING_SECONDS, SILENCE_SECONDS } from "../wire/limits.ts";

/** A machine that slept gets to read what waits for it: so many pings must have gone unanswered. */
const UNANSWERED_MIN = Math.floor(SILENCE_SECONDS / PING_SECONDS) - 1;

export class Pulse {
  #heard = 0;
  #pinged = 0;
  #unanswered = 0;

  start(now: number): void {
    this.#heard = this.#pinged = now;
  }

  /** Something authentic arrived. */
  heard(now: number): void {
    this.#heard = Math.max(this.#heard, now);
    this.#unanswered = 0;
  }

  /** Whether a ping is due, every 5 s; who asks sends it. */
  due(now: number): boolean {
    if (now - this.#pinged < PING_SECONDS * 1000) return false;
    this.#pinged = now;
    this.#unanswered++;
    return true;
  }

  /** Nothing authentic came for 25 s while pings went out. */
  silent(now: number): boolean {
    return now - this.#heard >= SILENCE_SECONDS * 1000 && this.#unanswered >= UNANSWERED_MIN;
  }
}
