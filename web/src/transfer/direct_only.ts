/** A receiver who takes direct paths only while the sender begins by way of the server: it waits for one, asks for it, then refuses. */
import { Interrupted } from "../errors.ts";
import type { PathKind } from "../transport/transport.ts";
import type { DirectReach } from "./direct_reach.ts";
import { NO_PATH_MILLISECONDS } from "./direct_road.ts";

/** Without a connection there will be none after so long. */
const NO_CONNECTION_MILLISECONDS = 6_000;
/** One that stands here stands there in so long; then nothing arriving is said, and again. */
const SAID_MILLISECONDS = 1_000;

export class DirectOnly {
  private readonly reach: Pick<DirectReach, "only" | "standing">;
  private readonly lost: () => Promise<void>;
  private since: number | null = null; // when another way was offered first
  private saidAt = 0;

  /** `lost`: tells the sender that nothing arrives the way it comes, so that it asks and names another. */
  constructor(reach: Pick<DirectReach, "only" | "standing">, lost: () => Promise<void>) {
    this.reach = reach;
    this.lost = lost;
  }

  /** Whether this way is taken. */
  takes(kind: PathKind): boolean {
    const taken = kind === "direct" || !this.reach.only;
    if (taken) this.since = null;
    return taken;
  }

  /** Asked now and then while only a way is offered that is not taken. Raises `no_direct_path` when there will be none. */
  async look(now: number): Promise<void> {
    if (this.since === null) this.since = this.saidAt = now;
    const { standing } = this.reach;
    if (now - this.since > (standing ? NO_PATH_MILLISECONDS : NO_CONNECTION_MILLISECONDS)) throw noneToTake();
    if (!standing || now - this.saidAt < SAID_MILLISECONDS) return;
    this.saidAt = now;
    await this.lost();
  }
}

function noneToTake(): Interrupted {
  return new Interrupted("No direct path to the other side could be found. Nothing was taken another way.", {
    code: "no_direct_path", hint: "Choose “Fastest” under Way, then ask them to send it again.",
  });
}
