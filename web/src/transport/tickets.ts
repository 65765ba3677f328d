/** The ticket all chunks of one transfer share (docs/api.md §4.1), asked for anew before it runs out or once it is refused. */
import { STORE_TICKET_SECONDS } from "../wire/limits.ts";
import type { StoreTicket } from "../wire/stored.ts";

const FRESH_MILLISECONDS = (STORE_TICKET_SECONDS * 1_000 * 2) / 3;

export class Tickets {
  readonly #ask: () => Promise<StoreTicket>;
  readonly #lasting: boolean;
  readonly #clock: () => number;
  #ticket: StoreTicket | null;
  #since: number;
  #asking: Promise<string> | null = null;

  /** `ask` gets a new one from the server. `lasting`: keep a ticket as long as the server takes it; a link's counts as one download each. */
  constructor(ask: () => Promise<StoreTicket>, first: StoreTicket | null = null, lasting = false, clock = () => performance.now()) {
    this.#ask = ask;
    this.#lasting = lasting;
    this.#clock = clock;
    this.#ticket = first;
    this.#since = clock();
  }

  /** A ticket that should hold for a while. */
  async current(): Promise<string> {
    const old = !this.#lasting && this.#clock() - this.#since > FRESH_MILLISECONDS;
    if (this.#ticket === null || old) return this.#renew();
    return this.#ticket.ticket;
  }

  /** Another ticket than the one the server refused. */
  async replace(refused: string): Promise<string> {
    return this.#ticket === null || this.#ticket.ticket === refused ? this.#renew() : this.#ticket.ticket;
  }

  /** Asked once, however many wait for it. */
  #renew(): Promise<string> {
    this.#asking ??= this.#ask()
      .then((ticket) => {
        this.#ticket = ticket;
        this.#since = this.#clock();
        return ticket.ticket;
      })
      .finally(() => {
        this.#asking = null;
      });
    return this.#asking;
  }
}
