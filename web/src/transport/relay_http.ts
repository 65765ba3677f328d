/** The relay by plain HTTP requests, for networks that block WebSocket (docs/wire.md §2, HTTP). */
import { Interrupted, NotFound, PeersealError, Refused } from "../errors.ts";
import type { Bytes } from "../wire/encoding.ts";
import { HTTP_PIECE_MAX_BYTES, KIB, RELAY_PATH } from "../wire/limits.ts";
import { ByteQueue } from "./byte_queue.ts";
import { serverAddress, type RelayDoor } from "./relay.ts";
import type { ReceiveEnd, SendEnd } from "./transport.ts";

/** A request that got no answer is repeated: offsets make that harmless. */
const TRIES = 5;
const PAUSE_MILLISECONDS = 500;
/** A little over the server's longest wait. */
const ANSWER_MILLISECONDS = 28_000;
/** The receive end stops asking while this much waits to be taken. */
const HELD_HIGH = 4 * HTTP_PIECE_MAX_BYTES;

export async function openHttpSend(door: RelayDoor): Promise<SendEnd> {
  return new HttpSend(await HttpStream.open(door));
}

export async function openHttpReceive(door: RelayDoor): Promise<ReceiveEnd> {
  return new HttpReceive(await HttpStream.open(door));
}

/** One end's session with the server: authorised, offset-numbered requests that survive a lost answer. */
class HttpStream {
  private readonly address: string;
  private readonly session: string;
  private readonly stopping = new AbortController();

  private constructor(address: string, session: string) {
    this.address = address;
    this.session = session;
  }

  static async open(door: RelayDoor): Promise<HttpStream> {
    const address = serverAddress(door.base, RELAY_PATH);
    const ticket = await door.ticket();
    const answer = await fetch(address, {
      method: "POST",
      headers: { Authorization: `Ticket ${ticket}` },
      signal: door.signal,
      cache: "no-store",
    });
    if (answer.status !== 201) throw await refusal(answer);
    const { session } = (await answer.json()) as { readonly session?: unknown };
    if (typeof session !== "string") throw new Interrupted("The server's answer makes no sense.");
    return new HttpStream(address, session);
  }

  stop(): void {
    this.stopping.abort();
  }

  get stopped(): boolean {
    return this.stopping.signal.aborted;
  }

  async request(method: "PUT" | "GET", offset: number, extra: { final?: boolean; body?: Bytes }): Promise<Response> {
    const headers: Record<string, string> = {
      Authorization: `Stream ${this.session}`,
      "Peerseal-Offset": String(offset),
      ...(extra.final === true ? { "Peerseal-Final": "1" } : {}),
      ...(extra.body === undefined ? {} : { "Content-Type": "application/octet-stream" }),
    };
    for (let attempt = 1; ; attempt++) {
      try {
        const signal = AbortSignal.any([this.stopping.signal, AbortSignal.timeout(ANSWER_MILLISECONDS)]);
        const answer = await fetch(this.address, { method, headers, body: extra.body ?? null, signal, cache: "no-store" });
        if (answer.status === 200 || answer.status === 204) return answer;
        if (answer.status < 500 || attempt === TRIES) throw await refusal(answer);
      } catch (error) {
        if (error instanceof PeersealError) throw error;
        if (this.stopped || attempt === TRIES) throw interrupted();
      }
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MILLISECONDS * attempt));
    }
  }
}

class HttpSend implements SendEnd {
  readonly kind = "relay";
  readonly detail = "http";
  private readonly stream: HttpStream;
  private readonly room = new Uint8Array(HTTP_PIECE_MAX_BYTES);
  private filled = 0;
  private offset = 0;

  constructor(stream: HttpStream) {
    this.stream = stream;
  }

  async send(...pieces: readonly Bytes[]): Promise<void> {
    for (const piece of pieces) {
      let at = 0;
      while (at < piece.length) {
        const part = piece.subarray(at, at + this.room.length - this.filled);
        this.room.set(part, this.filled);
        this.filled += part.length;
        at += part.length;
        if (this.filled === this.room.length) await this.flush(false);
      }
    }
  }

  finish(): Promise<void> {
    return this.flush(true);
  }

  abort(): void {
    this.stream.stop();
  }

  /** One body out; the server may take only its beginning. */
  private async flush(final: boolean): Promise<void> {
    let sent = 0;
    do {
      const body = this.room.slice(sent, this.filled);
      const answer = await this.stream.request("PUT", this.offset, { final, body });
      const { offset } = (await answer.json()) as { readonly offset?: unknown };
      if (!Number.isSafeInteger(offset)) throw interrupted();
      const taken = (offset as number) - this.offset;
      if (taken < 0 || taken > body.length) throw interrupted();
      sent += taken;
      this.offset += taken;
    } while (sent < this.filled);
    this.filled = 0;
  }
}

class HttpReceive implements ReceiveEnd {
  readonly kind = "relay";
  readonly detail = "http";
  private readonly stream: HttpStream;
  private readonly queue = new ByteQueue();
  private taken: (() => void) | null = null;

  constructor(stream: HttpStream) {
    this.stream = stream;
    void this.pump();
  }

  async receiveInto(view: Uint8Array): Promise<void> {
    await this.queue.takeInto(view);
    this.taken?.();
  }

  hasMore(): boolean {
    return this.queue.length > 0;
  }

  drain(): void {
    this.queue.end(interrupted());
    this.stream.stop();
    this.taken?.();
  }

  abort(): void {
    this.stream.stop();
    this.queue.break(interrupted());
    this.taken?.();
  }

  private async pump(): Promise<void> {
    let offset = 0;
    try {
      while (!this.stream.stopped) {
        if (this.queue.length > HELD_HIGH) {
          await new Promise<void>((resolve) => {
            this.taken = resolve;
            // The taker may be waiting for more than is here (a record is at most 1 MiB, so it never is), or asleep.
            setTimeout(resolve, 1_000);
          });
          continue;
        }
        const answer = await this.stream.request("GET", offset, {});
        const piece = answer.status === 200 ? new Uint8Array(await answer.arrayBuffer()) : new Uint8Array(0);
        this.queue.push(piece);
        offset += piece.length;
        if (answer.headers.get("Peerseal-Final") === "1") {
          this.queue.end();
          return;
        }
      }
    } catch (error) {
      this.queue.end(error instanceof Interrupted ? error : interrupted());
    }
  }
}

async function refusal(answer: Response): Promise<PeersealError> {
  const code = await problemCode(answer);
  if (answer.status === 404 || code === "cut" || code === "offset") return interrupted();
  if (answer.status === 401) return new NotFound("The relay does not know this ticket.", { code: "ticket" });
  return new Refused("The server does not carry this.", { code: code ?? `http_${String(answer.status)}` });
}

async function problemCode(answer: Response): Promise<string | null> {
  try {
    const text = await answer.text();
    if (text.length > 64 * KIB) return null;
    const { code } = JSON.parse(text) as { readonly code?: unknown };
    return typeof code === "string" ? code.slice(0, 64) : null;
  } catch {
    return null;
  }
}

function interrupted(): Interrupted {
  return new Interrupted("The connection broke.", { retryable: true });
}
