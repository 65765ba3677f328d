/**
 * One transfer of a session, stage by stage: the only table of transitions (protocol.md §5.2, §15.1).
 *
 * No input, output or clock; both sides keep one for each file id, and both see the same.
 */
import { checkCommitment } from "../crypto_engine.ts";
import { IntegrityFailed } from "../errors.ts";
import { CANDIDATES_PER_TRANSFER, DESCRIPTIONS_PER_TRANSFER, ICE_PER_TRANSFER } from "../wire/limits.ts";
import type { Offer, Path } from "./control.ts";
import type { TransferMessage } from "./events.ts";

/** How far one transfer is. `asked`: after a break, what does the receiver hold? `held`: it said so, a path comes next. */
export type Stage = "new" | "offered" | "accepted" | "keyed" | "carrying" | "asked" | "held" | "over";

type Type = TransferMessage["type"];
type Step = readonly [bySender: boolean, next: Stage];

/** Stage and message → whether the file's sender says it, and the next stage. What is not here is out of order. */
const TRANSITIONS: Readonly<Record<Stage, Readonly<Partial<Record<Type, Step>>>>> = {
  // The session opens a transfer by `where` in resumed channels only.
  new: { offer: [true, "offered"], where: [true, "asked"] },
  offered: { answer: [false, "accepted"] }, // a no: over
  accepted: { file_key: [true, "keyed"] },
  keyed: { path: [true, "carrying"] },
  carrying: { path: [true, "carrying"], ack: [false, "carrying"], done: [false, "over"], where: [true, "asked"] },
  asked: { ack: [false, "asked"], done: [false, "over"], have: [false, "held"] }, // what crosses the question counts
  held: { path: [true, "carrying"], done: [false, "over"] }, // done: it was still putting everything in place
  over: {},
};

/** What either side may say to find a path, and how often for one transfer. */
const FINDING: Readonly<Partial<Record<Type, number>>> = {
  candidates: CANDIDATES_PER_TRANSFER,
  description: DESCRIPTIONS_PER_TRANSFER,
  ice: ICE_PER_TRANSFER,
};
const BEFORE_THE_ANSWER: ReadonlySet<Stage> = new Set<Stage>(["new", "offered"]);

/** One file under way. `offer` is null in a resumed channel: the key was checked in the first one. */
export class Transfer {
  readonly #sending: boolean;
  readonly #offer: Offer | null;
  readonly #said = new Map<string, number>();
  #stage: Stage = "new";
  #held: readonly [manifest: number, content: number] = [0, 0]; // where the next path begins

  constructor(sending: boolean, offer: Offer | null = null) {
    this.#sending = sending;
    this.#offer = offer;
  }

  get stage(): Stage {
    return this.#stage;
  }

  /**
   * The stage after `message`, said by this side or the other; nothing changes yet.
   * Raises `out_of_order`, `limit` for too many attempts to find a path, `commitment_mismatch`.
   */
  async following(message: TransferMessage, own: boolean): Promise<Stage> {
    const most = FINDING[message.type];
    if (most !== undefined && !BEFORE_THE_ANSWER.has(this.#stage)) {
      if ((this.#said.get(said(message, own)) ?? 0) < most) return this.#stage;
      throw new IntegrityFailed(`too many ${message.type} for one transfer`, { code: "limit" });
    }
    const [bySender, next] = TRANSITIONS[this.#stage][message.type] ?? [null, "over" as const];
    if (bySender !== (this.#sending === own)) throw outOfOrder(`${message.type} while ${this.#stage}`);
    if (message.type === "file_key" && this.#offer !== null) {
      const { id, version, commitment } = this.#offer;
      await checkCommitment(message.key, id, version, commitment);
    }
    if (message.type === "path" && this.#stage !== "carrying") this.#checkBeginning(message);
    return message.type === "answer" && !message.accept ? "over" : next;
  }

  /** `message` was said: the transfer is at `stage` now, which `following` gave. */
  move(message: TransferMessage, own: boolean, stage: Stage): void {
    this.#stage = stage;
    if (message.type in FINDING) this.#said.set(said(message, own), (this.#said.get(said(message, own)) ?? 0) + 1);
    if (message.type === "have") this.#held = [message.manifest, message.content];
  }

  /** Stored chunks begin where they begin: the receiver does not ask for what it holds. */
  #checkBeginning({ kind, manifest, content }: Path): void {
    const [heldManifest, heldContent] = this.#held;
    const before = manifest <= heldManifest && content <= heldContent;
    if (!(kind === "store" ? before : manifest === heldManifest && content === heldContent)) {
      throw outOfOrder("a path that begins elsewhere than the receiver's next records");
    }
  }
}

function said(message: TransferMessage, own: boolean): string {
  return `${message.type} ${own ? "here" : "there"}`;
}

function outOfOrder(why: string): IntegrityFailed {
  return new IntegrityFailed(why, { code: "out_of_order" });
}
