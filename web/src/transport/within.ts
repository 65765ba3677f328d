/** The end of one exchange with the server: the caller's, or its own after a time in which nothing moved. */
import { Interrupted } from "../errors.ts";

export class Within {
  readonly #ending = new AbortController();
  readonly #outer: AbortSignal;
  readonly #milliseconds: number;
  #timer: ReturnType<typeof setTimeout>;

  constructor(outer: AbortSignal, milliseconds: number) {
    this.#outer = outer;
    this.#milliseconds = milliseconds;
    this.#timer = this.#start();
    outer.addEventListener("abort", this.#stop);
    if (outer.aborted) this.#stop();
  }

  get signal(): AbortSignal {
    return this.#ending.signal;
  }

  /** Something moved. */
  moved(): void {
    clearTimeout(this.#timer);
    this.#timer = this.#start();
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#outer.removeEventListener("abort", this.#stop);
  }

  #start(): ReturnType<typeof setTimeout> {
    return setTimeout(() => {
      this.#ending.abort(lost());
    }, this.#milliseconds);
  }

  readonly #stop = (): void => {
    this.#ending.abort(this.#outer.reason);
  };
}

/** The line went: the next try may go through. */
export function lost(): Interrupted {
  return new Interrupted("The connection to the server broke.", { code: "connection_lost", retryable: true });
}
