/** Uploads and downloads of stored files under way: each a line of the ledger that can be cancelled. */
import { Declined, PeersealError } from "../errors.ts";
import { storedProblem } from "./accusing.ts";
import type { Ledger, Line, NewTransfer } from "./ledger.ts";

/** So long a person who signs out waits for the server to hear that their uploads are given up. */
const STOPPING_MILLISECONDS = 5_000;

/** What an errand is, before anything moves. */
export type NewErrand = Omit<NewTransfer, "phase" | "peer" | "verified"> & { readonly who: string; readonly verified?: boolean };

/** Carries one out; gives the text its line shows at the end. */
export type Step = (line: Line, signal: AbortSignal) => Promise<string | null>;

export class Errands {
  private readonly ledger: Ledger;
  private readonly under = new Map<string, AbortController>();
  private readonly personal = new Set<string>(); // those of who is signed in
  private readonly running = new Map<string, Promise<unknown>>(); // of these, those under way

  constructor(ledger: Ledger) {
    this.ledger = ledger;
  }

  /**
   * Opens the line and carries out `step`, whose text the line shows at its end. Nothing is raised: what goes wrong is
   * the line's, and given back. `end` stops it from outside.
   */
  async run(errand: NewErrand, end: AbortSignal | null, step: Step): Promise<unknown> {
    const running = this.carryOut(errand, end, step);
    if (end === null) return running;
    this.personal.add(errand.id);
    this.running.set(errand.id, running);
    return running.finally(() => this.running.delete(errand.id));
  }

  private async carryOut(errand: NewErrand, end: AbortSignal | null, step: Step): Promise<unknown> {
    const line = this.open(errand);
    const stopping = new AbortController();
    const stop = (): void => {
      stopping.abort(cancelled());
    };
    end?.addEventListener("abort", stop);
    if (end?.aborted === true) stop();
    this.under.set(errand.id, stopping);
    try {
      line.done(await step(line, stopping.signal));
      return null;
    } catch (error) {
      if (stopping.signal.aborted && stopping.signal.reason === error) line.ended("cancelled", null);
      else line.ended("failed", storedProblem(error));
      return error;
    } finally {
      this.under.delete(errand.id);
      if (end?.aborted === true) this.ledger.dismiss(errand.id);
      end?.removeEventListener("abort", stop);
    }
  }

  /** Cancels one; false if there is none of this name. */
  cancel(transfer: string): boolean {
    const stopping = this.under.get(transfer);
    stopping?.abort(cancelled());
    return stopping !== undefined;
  }

  /** Cancels all of who is signed in and waits, a while at most, until they have stopped: what an upload holds is freed. */
  async stopPersonal(within = STOPPING_MILLISECONDS): Promise<void> {
    for (const id of this.running.keys()) this.cancel(id);
    let timer: ReturnType<typeof setTimeout> | undefined;
    const patience = new Promise((resolve) => (timer = setTimeout(resolve, within)));
    await Promise.race([Promise.all(this.running.values()), patience]);
    clearTimeout(timer);
  }

  /** Who was signed in is not any more: nothing of their errands stays, those under way go when they stop. */
  forgetPersonal(): void {
    for (const id of this.personal) this.ledger.dismiss(id);
    this.personal.clear();
  }

  private open({ who, verified = true, ...errand }: NewErrand): Line {
    const role = errand.direction === "send" ? "receiver" : "sender";
    const peer = { id: `store-${errand.id}`, tag: "", name: who, role, account: who } as const;
    const line = this.ledger.open({ ...errand, peer, verified, phase: "moving" });
    line.moving("store");
    return line;
  }
}

function cancelled(): PeersealError {
  return new Declined("It was cancelled.", { code: "cancelled" });
}
