/** What a sender left on the server for this receiver (protocol.md §17): looked for, taken, and checked against its closing. */
import { ReaderPark } from "../client/parks.ts";
import { rootOfLeaves, type ParkSecret } from "../crypto_engine.ts";
import { IntegrityFailed, Interrupted, NotFound, PeersealError } from "../errors.ts";
import type { Offer } from "../protocol/control.ts";
import { ParkedEnd } from "../transport/park_down.ts";
import { ChunkStore } from "../transport/store.ts";
import { Tickets } from "../transport/tickets.ts";
import type { ReceiveEnd } from "../transport/transport.ts";
import { sameBytes } from "../wire/encoding.ts";
import { RECORDS_PER_CHUNK } from "../wire/limits.ts";
import { isBreak } from "./breaks.ts";
import type { Keeping } from "./keeping.ts";

const LOOK_MILLISECONDS = 1_000;
/** What breaks the telling is mostly what sent the receiver to the park: it may be over soon. */
const TELL_PAUSES = [500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000];

export class Parked {
  secret: ParkSecret | null;
  private readonly base: string | null;
  private used = false; // one was found: its sender waits for a word

  constructor(base: string | null, secret: ParkSecret | null) {
    this.base = base;
    this.secret = secret;
  }

  /** Whether there is a park for this receiver. */
  async there(): Promise<boolean> {
    const park = this.park();
    if (park === null) return false;
    try {
      await park.look();
      this.used = true;
      return true;
    } catch (error) {
      if (error instanceof PeersealError) return false; // none, or the server is out of reach too
      throw error;
    }
  }

  /** The frames from here on. `interrupted` if there is no park, or it begins behind. */
  async open(kept: { readonly manifest: number; readonly content: number }, signal: AbortSignal): Promise<ReceiveEnd> {
    const park = this.park();
    if (park === null || this.base === null) throw gone();
    const sizes = await park.look().catch((error: unknown) => {
      throw error instanceof NotFound ? gone() : error;
    });
    if (sizes.manifestFrom * RECORDS_PER_CHUNK > kept.manifest || sizes.contentFrom * RECORDS_PER_CHUNK > kept.content) throw gone();
    this.used = true;
    const store = new ChunkStore(this.base, new Tickets(() => park.ticket()), { signal });
    return new ParkedEnd(store, sizes, kept.manifest, kept.content);
  }

  /** What is shared with other receivers counts only if the sender's own word for the whole fits: `content_differs`. */
  async check({ leaves, kept }: Keeping, { shared }: Offer): Promise<void> {
    const { secret } = this;
    if (!shared || leaves === null) return;
    const park = this.park();
    if (park === null || secret === null) throw gone();
    for (;;) {
      const { closing } = await park.look();
      if (closing === null) {
        await new Promise((resolve) => setTimeout(resolve, LOOK_MILLISECONDS));
        continue;
      }
      const said = await secret.openClosing(closing);
      const fits =
        said.manifestRecords === kept.manifest && said.contentRecords === kept.content &&
        sameBytes(said.manifestHash, await rootOfLeaves(leaves.manifest.joined())) && sameBytes(said.root, await rootOfLeaves(leaves.content.joined()));
      if (!fits) throw new IntegrityFailed("This is not what the sender sealed.", { code: "content_differs" });
      return;
    }
  }

  /** This receiver needs it no more. Returns after the first try: the sender, who may hear of it in no other way, is waiting, so there are more. */
  async done(): Promise<void> {
    const park = this.park();
    if (this.used && park !== null) await tell(park, TELL_PAUSES);
  }

  private park(): ReaderPark | null {
    return this.secret === null || this.base === null ? null : new ReaderPark(this.base, this.secret);
  }
}

async function tell(park: ReaderPark, [pause, ...pauses]: readonly number[]): Promise<void> {
  try {
    await park.done();
  } catch (error) {
    if (pause !== undefined && isBreak(error)) setTimeout(() => void tell(park, pauses), pause);
  }
}

function gone(): Interrupted {
  return new Interrupted("What was left on the server is gone.", { retryable: true });
}
