/** One try at something that may be refused: busy meanwhile, then the problem it ended with. */
import type { Problem } from "../transfer/state.ts";

export class Attempt {
  busy = $state(false);
  problem = $state.raw<Problem | null>(null);

  /** Runs one step, unless one is under way. True when it was done. */
  async run(step: () => Promise<Problem | null>): Promise<boolean> {
    if (this.busy) return false;
    this.busy = true;
    this.problem = null;
    this.problem = await step();
    this.busy = false;
    return this.problem === null;
  }
}
