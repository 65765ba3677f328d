/** The relay through the server's memory by WebSocket (docs/wire.md §2); where that is blocked, by plain HTTP. */
import { Interrupted, PeersealError } from "../errors.ts";
import type { Bytes } from "../wire/encoding.ts";
import {
  MIB,
  RELAY_CUT_CLOSE_CODE,
  RELAY_FRAME_MAX_BYTES,
  RELAY_PATH,
  RELAY_SUBPROTOCOL,
  TICKET_SUBPROTOCOL_PREFIX,
} from "../wire/limits.ts";
import { ByteQueue } from "./byte_queue.ts";
import { openHttpReceive, openHttpSend } from "./relay_http.ts";
import type { ReceiveEnd, SendEnd } from "./transport.ts";

export interface RelayDoor {
  /** The page's address, ending in "/". */
  readonly base: string;
  /** A fresh ticket for this end. */
  readonly ticket: () => Promise<string>;
  /** Ends an attempt to open. */
  readonly signal: AbortSignal;
}

const OPEN_MILLISECONDS = 6_000;
/** Bytes the browser may hold for us: enough to keep the line busy, little enough to stay small. */
const QUEUED_HIGH = 8 * MIB;
const QUEUED_LOW = 4 * MIB;

/** Opens the end where bytes go in. */
export async function openRelaySend(door: RelayDoor): Promise<SendEnd> {
  const socket = await tryWebSocket(door);
  return socket === null ? openHttpSend(door) : new WebSocketSend(socket);
}

/** Opens the end where bytes come out. */
export async function openRelayReceive(door: RelayDoor): Promise<ReceiveEnd> {
  const socket = await tryWebSocket(door);
  return socket === null ? openHttpReceive(door) : new WebSocketReceive(socket);
}

/** An address of the server below the page's own, as http(s) or ws(s). */
export function serverAddress(base: string, path: string, scheme: "http" | "ws" = "http"): string {
  const address = new URL(path.slice(1), base);
  if (scheme === "ws") address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
  return address.href;
}

/** An open socket, or null if none can be had here: a proxy that does not pass it on, or says nothing. */
async function tryWebSocket(door: RelayDoor): Promise<WebSocket | null> {
  const ticket = await door.ticket();
  door.signal.throwIfAborted();
  const socket = new WebSocket(serverAddress(door.base, RELAY_PATH, "ws"), [
    RELAY_SUBPROTOCOL,
    TICKET_SUBPROTOCOL_PREFIX + ticket,
  ]);
  socket.binaryType = "arraybuffer";
  return new Promise((resolve, reject) => {
    const settle = (outcome: () => void): void => {
      clearTimeout(timer);
      door.signal.removeEventListener("abort", stop);
      socket.onopen = socket.onclose = null;
      outcome();
    };
    const stop = (): void => {
      settle(() => {
        socket.close();
        reject(door.signal.reason as Error);
      });
    };
    const timer = setTimeout(() => {
      settle(() => {
        socket.close();
        resolve(null);
      });
    }, OPEN_MILLISECONDS);
    door.signal.addEventListener("abort", stop);
    socket.onopen = () => {
      settle(() => {
        resolve(socket);
      });
    };
    socket.onclose = () => {
      settle(() => {
        resolve(null);
      });
    };
  });
}

class WebSocketSend implements SendEnd {
  readonly kind = "relay";
  readonly detail = "websocket";
  private readonly socket: WebSocket;
  private broken: PeersealError | null = null;
  private readonly closed: Promise<void>;

  constructor(socket: WebSocket) {
    this.socket = socket;
    this.closed = new Promise((resolve) => {
      socket.onclose = (event) => {
        if (event.code !== 1000) this.broken ??= interrupted();
        resolve();
      };
    });
  }

  async send(...pieces: readonly Bytes[]): Promise<void> {
    for (const piece of pieces) {
      for (let at = 0; at < piece.length; at += RELAY_FRAME_MAX_BYTES) {
        this.check();
        this.socket.send(piece.length <= RELAY_FRAME_MAX_BYTES ? piece : piece.subarray(at, at + RELAY_FRAME_MAX_BYTES));
      }
    }
    // The browser tells no event when its queue drains: ask now and then (timers of a worker are not throttled).
    if (this.socket.bufferedAmount > QUEUED_HIGH) await this.drained(QUEUED_LOW);
  }

  async finish(): Promise<void> {
    await this.drained(0);
    this.socket.close(1000);
    await this.closed;
    if (this.broken !== null) throw this.broken;
  }

  abort(): void {
    this.broken ??= interrupted();
    this.socket.close(RELAY_CUT_CLOSE_CODE);
  }

  private async drained(level: number): Promise<void> {
    while (this.socket.bufferedAmount > level) {
      this.check();
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    this.check();
  }

  private check(): void {
    if (this.broken !== null) throw this.broken;
    if (this.socket.readyState !== WebSocket.OPEN) throw (this.broken = interrupted());
  }
}

class WebSocketReceive implements ReceiveEnd {
  readonly kind = "relay";
  readonly detail = "websocket";
  private readonly socket: WebSocket;
  private readonly queue = new ByteQueue();

  constructor(socket: WebSocket) {
    this.socket = socket;
    socket.onmessage = (event: MessageEvent<unknown>) => {
      if (event.data instanceof ArrayBuffer) this.queue.push(new Uint8Array(event.data));
      else this.queue.break(interrupted());
    };
    socket.onclose = (event) => {
      if (event.code === 1000) this.queue.end();
      else this.queue.end(interrupted());
    };
  }

  receiveInto(view: Uint8Array): Promise<void> {
    return this.queue.takeInto(view);
  }

  hasMore(): boolean {
    return this.queue.length > 0;
  }

  drain(): void {
    this.queue.end(interrupted());
    this.socket.close();
  }

  abort(): void {
    this.queue.break(interrupted());
    this.socket.close();
  }
}

function interrupted(): Interrupted {
  return new Interrupted("The connection broke.", { retryable: true });
}
