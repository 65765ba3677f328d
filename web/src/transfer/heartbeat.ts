/** Notices a server that fell silent while something moves, sooner than the line itself does (docs/wire.md §1.5). */
import type { Meet } from "../client/meet.ts";
import { TimedOut } from "../errors.ts";

const EVERY_MILLISECONDS = 2_000;
const SILENT_MILLISECONDS = 6_000;

export class Heartbeat {
  private readonly meet: Meet;
  private asked = -Infinity;
  private waiting = false;

  constructor(meet: Meet) {
    this.meet = meet;
  }

  /** About once a second. `busy`: a transfer is under way. */
  tick(busy: boolean): void {
    const now = performance.now();
    if (!busy || this.waiting || !this.meet.up || now - this.asked < EVERY_MILLISECONDS - 100) return;
    this.asked = now;
    void this.beat();
  }

  private async beat(): Promise<void> {
    this.waiting = true;
    const { line } = this.meet;
    try {
      await this.meet.call("ping", {}, SILENT_MILLISECONDS);
    } catch (error) {
      if (error instanceof TimedOut && this.meet.line === line) this.meet.again();
    } finally {
      this.waiting = false;
    }
  }
}
