/**
 * Chunks of stored files, up and down, by ticket (docs/api.md §4.1).
 *
 * A lost connection, a busy server and a ticket that has run out are met here; what the server refuses for good is a
 * typed error. A chunk comes into a buffer that is used again, where the browser can do that.
 */
import { refusal, type Fetch } from "../client/api.ts";
import { Interrupted, NotFound, PeersealError, ServerUnreachable } from "../errors.ts";
import type { Bytes } from "../wire/encoding.ts";
import type { StreamName } from "../wire/frames.ts";
import { CHUNKS_PATH } from "../wire/limits.ts";
import { readChunk, type Came } from "./chunk_body.ts";
import type { Tickets } from "./tickets.ts";
import { Within, lost } from "./within.ts";

/** How long one chunk is tried again before the transfer counts as interrupted. */
export const PATIENCE_MILLISECONDS = 5 * 60_000;
/** A server that waits for a chunk answers after 20 s at the latest; a stream that moves is never so quiet. */
const SILENCE_MILLISECONDS = 45_000;
/** Nobody hears how far a chunk is on its way up, so it gets the time a slow line needs for 8 MiB. */
const PUT_MILLISECONDS = 10 * 60_000;
const PAUSES = [250, 500, 1_000, 2_000, 4_000, 8_000];
const PROBLEM_MAX_BYTES = 64 * 1024;

export interface StoreOptions {
  /** Ends everything under way and still to come. */
  readonly signal: AbortSignal;
  readonly fetching?: Fetch;
  /** For how long a chunk is tried again, and the pauses between. */
  readonly patience?: number;
  readonly pauses?: readonly number[];
}

/** Where one version's chunks are put, or come from. */
export class ChunkStore {
  readonly #base: string;
  readonly #tickets: Tickets;
  readonly #signal: AbortSignal;
  readonly #fetch: Fetch;
  readonly #patience: number;
  readonly #pauses: readonly number[];

  /** `base` is the page's address, ending in "/". */
  constructor(base: string, tickets: Tickets, options: StoreOptions) {
    this.#base = base;
    this.#tickets = tickets;
    this.#signal = options.signal;
    this.#fetch = options.fetching ?? ((address, request) => fetch(address, request));
    this.#patience = options.patience ?? PATIENCE_MILLISECONDS;
    this.#pauses = options.pauses ?? PAUSES;
  }

  /**
   * Stores a chunk; it is durable on the server when this returns, and `chunk` may be used again. `chunk_differs` if the
   * server holds other bytes, `interrupted` after the patience, `quota`, `disk_full`, `not_found` once the upload is gone.
   */
  async put(stream: StreamName, number: number, chunk: Bytes): Promise<void> {
    await this.#patiently(stream, number, async (address, headers) => {
      const within = new Within(this.#signal, PUT_MILLISECONDS);
      try {
        const body = { method: "PUT", headers: { ...headers, "Content-Type": "application/octet-stream" }, body: chunk };
        const response = await this.#fetch(address, { ...body, ...PLAIN, signal: within.signal });
        if (response.status !== 200 && response.status !== 201) throw await refused(response);
        await response.body?.cancel();
      } finally {
        within.end();
      }
    });
  }

  /**
   * Fetches a chunk into `room`, which this takes over; null if the server does not have it yet, for which it waits up to
   * 20 s. Raises `interrupted` after the patience, `not_found` once the file is gone or no longer for this reader.
   */
  async get(stream: StreamName, number: number, room: ArrayBuffer): Promise<Came | null> {
    const [size, rooms] = [room.byteLength, [room]];
    return this.#patiently(stream, number, async (address, headers) => {
      const within = new Within(this.#signal, SILENCE_MILLISECONDS);
      try {
        const response = await this.#fetch(address, { method: "GET", headers, ...PLAIN, signal: within.signal });
        if (response.status === 204) return null;
        if (response.status !== 200) throw await refused(response);
        // A try that broke in the middle has taken the room with it.
        return await readChunk(response, rooms.pop() ?? new ArrayBuffer(size), within);
      } finally {
        within.end();
      }
    });
  }

  /** One exchange, again after what may pass: a lost connection, a busy server, once a dead ticket. */
  async #patiently<T>(stream: StreamName, number: number, exchange: (address: URL, headers: Record<string, string>) => Promise<T>): Promise<T> {
    const address = new URL(`${CHUNKS_PATH.slice(1)}/${stream}/${number}`, this.#base);
    let began: number | null = null;
    let renewed = false;
    for (let tries = 0; ; tries++) {
      let ticket = "";
      try {
        this.#signal.throwIfAborted();
        ticket = await this.#tickets.current();
        return await exchange(address, { Authorization: `Ticket ${ticket}` });
      } catch (error) {
        this.#signal.throwIfAborted();
        if (codeOf(error) === "ticket" && !renewed && ticket !== "") {
          renewed = true;
          if (await this.#replaced(ticket)) continue;
        }
        if (!mayPass(error)) throw error;
        began ??= performance.now();
        const pause = this.#pauses[Math.min(tries, this.#pauses.length - 1)] ?? 0;
        if (performance.now() + pause > began + this.#patience) throw givenUp(error);
        await this.#pause(pause);
      }
    }
  }

  async #replaced(ticket: string): Promise<boolean> {
    try {
      await this.#tickets.replace(ticket);
      return true;
    } catch (error) {
      if (!mayPass(error)) throw error;
      return false;
    }
  }

  async #pause(milliseconds: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const over = (): void => {
        clearTimeout(timer);
        this.#signal.removeEventListener("abort", over);
        resolve();
      };
      const timer = setTimeout(over, milliseconds);
      this.#signal.addEventListener("abort", over);
    });
  }
}

/** A ticket says everything about who asks. */
const PLAIN = { credentials: "omit", cache: "no-store", redirect: "error" } as const;

async function refused(response: Response): Promise<PeersealError> {
  const body = new Uint8Array(await response.arrayBuffer());
  if (response.status === 408) return lost(); // this side sent nothing for too long: the line was gone
  const error = refusal(response.status, body.subarray(0, PROBLEM_MAX_BYTES), response.headers.get("Retry-After"));
  return error instanceof NotFound ? goneMeanwhile() : error;
}

/** What a later try may not meet again. What is no error of ours is the network's. */
function mayPass(error: unknown): boolean {
  if (!(error instanceof PeersealError)) return error instanceof TypeError || error instanceof DOMException;
  if (error instanceof ServerUnreachable || error instanceof Interrupted) return error.retryable;
  return PASSING.has(error.code);
}

const PASSING = new Set(["busy", "too_many_requests", "server_silent"]);

function codeOf(error: unknown): string {
  return error instanceof PeersealError ? error.code : "";
}

function givenUp(error: unknown): PeersealError {
  if (error instanceof PeersealError && PASSING.has(error.code)) return error;
  return new Interrupted("The connection to the server broke, and trying again did not help.", {
    code: "connection_lost", hint: "Check the network, then try again.", retryable: true,
  });
}

function goneMeanwhile(): NotFound {
  return new NotFound("The file is gone while it was under way: deleted, expired, or taken back.", { code: "not_found" });
}
