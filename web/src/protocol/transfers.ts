/** The transfers of one session: those under way, those that ended of late, and which message begins one. */
import { IntegrityFailed } from "../errors.ts";
import { hexEncode, type Bytes } from "../wire/encoding.ts";
import { TRANSFERS_MAX } from "../wire/limits.ts";
import type { TransferMessage } from "./events.ts";
import { Transfer, type Stage } from "./stages.ts";

/** What this side may say of a transfer that has ended meanwhile: nothing goes out then. */
const CROSSING: ReadonlySet<TransferMessage["type"]> = new Set(["path", "where", "have", "done", "candidates", "description", "ice"]);
const ENDED_MAX = TRANSFERS_MAX;

export class Transfers {
  readonly #resumed: boolean;
  readonly #open = new Map<string, Transfer>();
  readonly #ended: string[] = []; // the last ones that did

  /** `resumed`: in resume mode, `where` goes on with a transfer of the channel before. */
  constructor(resumed: boolean) {
    this.#resumed = resumed;
  }

  has(id: Bytes): boolean {
    return this.#open.has(hexEncode(id));
  }

  /** How far it is; undefined once it is over. */
  stageOf(id: Bytes): Stage | undefined {
    return this.#open.get(hexEncode(id))?.stage;
  }

  /** The one this side says this of; null if that crosses its end, and is not to be said. Raises `out_of_order`. */
  said(message: TransferMessage): Transfer | null {
    const transfer = this.#open.get(hexEncode(message.id)) ?? this.#begun(message, true);
    if (transfer !== null) return transfer;
    if (this.#ended.includes(hexEncode(message.id)) && CROSSING.has(message.type)) return null;
    throw new IntegrityFailed("there is no such transfer", { code: "out_of_order" });
  }

  /** The one the peer says this of; null if it is none of ours (any more). Raises `limit` for one too many. */
  heard(message: TransferMessage): Transfer | null {
    const known = this.#open.get(hexEncode(message.id));
    if (known !== undefined) return known;
    const begun = this.#begun(message, false);
    if (begun !== null && this.#open.size >= TRANSFERS_MAX) throw new IntegrityFailed("too many transfers at once", { code: "limit" });
    return begun;
  }

  /** `message` was said, and the transfer is at `stage` now. */
  moved(transfer: Transfer, message: TransferMessage, own: boolean, stage: Stage): void {
    transfer.move(message, own, stage);
    this.#open.set(hexEncode(message.id), transfer);
    if (stage === "over") this.end(message.id);
  }

  /** One is over, or with null all are. */
  end(id: Bytes | null): void {
    for (const ended of id === null ? [...this.#open.keys()] : [hexEncode(id)]) {
      this.#open.delete(ended);
      this.#ended.push(ended);
    }
    this.#ended.splice(0, this.#ended.length - ENDED_MAX);
  }

  #begun(message: TransferMessage, own: boolean): Transfer | null {
    if (message.type === "offer") return new Transfer(own, message);
    const former = this.#resumed && message.type === "where" && !this.#ended.includes(hexEncode(message.id));
    return former ? new Transfer(own) : null;
  }
}
