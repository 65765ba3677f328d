/** How fast it goes and how long it will take: a rate smoothed over a few seconds. The clock comes in as milliseconds. */

/** Weight of the past halves after this many milliseconds. */
const HALF_LIFE = 1_500;
/** Measure no more often than this, or one burst looks like a speed. */
const SHORTEST = 100;

export class Progress {
  private readonly started: number;
  private measuredAt: number;
  private measured = 0;
  private smoothed = 0;
  private weight = 0;
  /** Bytes through so far. */
  done = 0;

  /** `done`: bytes that were there before it began. */
  constructor(now: number, done = 0) {
    this.started = now;
    this.measuredAt = now;
    this.measured = this.done = done;
  }

  /** It goes on after a pause, from so many bytes: the pause is no slowness. */
  again(done: number, now: number): void {
    this.measuredAt = now;
    this.measured = this.done = done;
  }

  /** `done` bytes are through in all. */
  at(done: number, now: number): void {
    this.done = done;
    const passed = now - this.measuredAt;
    if (passed < SHORTEST) return;
    const rate = ((done - this.measured) * 1000) / passed;
    const keep = 0.5 ** (passed / HALF_LIFE);
    // The weights of all samples so far sum to `weight`; dividing by it keeps the first seconds honest.
    this.smoothed = this.smoothed * keep + rate * (1 - keep);
    this.weight = this.weight * keep + (1 - keep);
    this.measured = done;
    this.measuredAt = now;
  }

  /** Bytes per second. */
  get rate(): number {
    return this.weight === 0 ? 0 : Math.max(0, Math.round(this.smoothed / this.weight));
  }

  /** Seconds left to `total`, null while nobody can say. */
  eta(total: number | null): number | null {
    if (total === null || this.rate === 0) return null;
    return Math.max(0, Math.ceil((total - this.done) / this.rate));
  }

  /** Seconds since the start. */
  seconds(now: number): number {
    return (now - this.started) / 1000;
  }
}
