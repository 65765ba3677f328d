/** Meeting others through the server: docs/wire.md §1 over Socket.IO.
 *
 * The server cuts a connection that does not join soon, so the line is opened by the first join and kept from then on:
 * it reconnects by itself, and `lineUp` says when to join again.
 */
import { io, type Socket } from "socket.io-client";
import { refusal } from "./api.ts";
import { NotFound, PeersealError, Refused, ServerUnreachable, TimedOut } from "../errors.ts";
import { utf8 } from "../wire/encoding.ts";
import {
  readReply,
  readServer,
  SERVER_TYPES,
  type ClientMessages,
  type ClientType,
  type Replies,
  type ServerMessages,
  type ServerType,
} from "../wire/messages.ts";

/** What a caller hears: every message of the server by its type, and whether the line is up. */
export type MeetListener = { readonly [Type in ServerType as `on_${Type}`]?: (message: ServerMessages[Type]) => void } & {
  readonly lineUp: () => void;
  readonly lineDown: () => void;
  /** The server does not let this line be, and says why. Once what it wants is done, the next attempt works. */
  readonly lineRefused?: (why: PeersealError) => Promise<void>;
};

const REPLY_MILLISECONDS = 10_000;
const OPEN_MILLISECONDS = 10_000;
const AGAIN_MILLISECONDS = 1_000;
const CLEAR_MILLISECONDS = 3_000;

export class Meet {
  private readonly socket: Socket;
  private readonly listener: MeetListener;
  private clearing = false;

  /** `base` is the page's address, ending in "/". */
  constructor(base: string, listener: MeetListener) {
    const { origin, pathname } = new URL(base);
    this.listener = listener;
    // WebSocket first: one request to be in the lobby. Where it is blocked, the same connection attempt goes on by polling.
    this.socket = io(origin, {
      path: `${pathname}socket.io/`,
      transports: ["websocket", "polling"],
      tryAllTransports: true,
      autoConnect: false,
      reconnectionDelay: 500,
      reconnectionDelayMax: 3_000,
      timeout: 10_000,
    });
    this.socket.on("connect", () => {
      listener.lineUp();
    });
    this.socket.on("disconnect", (reason) => {
      if (reason === "io client disconnect") return; // hung up here: nothing is lost
      listener.lineDown();
      // The server's own goodbye (too many refused messages, a restart) is the one case Socket.IO does not retry.
      if (reason === "io server disconnect") setTimeout(() => this.socket.connect(), AGAIN_MILLISECONDS);
    });
    this.socket.on("connect_error", (error) => {
      listener.lineDown();
      const why = refusalOf(error);
      if (why !== null) void this.clear(why);
    });
    for (const type of SERVER_TYPES) this.listen(type, listener);
  }

  get up(): boolean {
    return this.socket.connected;
  }

  /** Names this line; another after it broke. Null while it is down. */
  get line(): string | null {
    return this.socket.connected ? (this.socket.id ?? null) : null;
  }

  /** Opens the line if it is not. Raises `ServerUnreachable` when that does not work soon; it goes on trying. */
  async open(): Promise<void> {
    if (this.socket.connected) return;
    await new Promise<void>((resolve, reject) => {
      const settle = (outcome: () => void): void => {
        clearTimeout(timer);
        this.socket.off("connect", opened);
        outcome();
      };
      const opened = (): void => {
        settle(resolve);
      };
      const late = (): void => {
        if (this.clearing) {
          timer = setTimeout(late, OPEN_MILLISECONDS); // what the server wants first takes its time
          return;
        }
        settle(() => {
          reject(new ServerUnreachable("The server does not answer.", { retryable: true }));
        });
      };
      let timer = setTimeout(late, OPEN_MILLISECONDS);
      this.socket.once("connect", opened);
      this.socket.connect();
    });
  }

  /** The line is dead, though nobody said so: a new one, at once. */
  again(): void {
    this.socket.disconnect();
    this.listener.lineDown();
    this.socket.connect();
  }

  /** Gives the line up, until `open` is called again. */
  hangUp(): void {
    this.socket.disconnect();
  }

  /** Says one thing and waits for the server's reply, at most `within` milliseconds. Raises by the reply's code,
   * `ServerUnreachable`, or `TimedOut` of code "server_silent".
   */
  async call<Type extends ClientType>(
    type: Type,
    fields: ClientMessages[Type],
    within: number = REPLY_MILLISECONDS,
  ): Promise<Replies[Type]> {
    if (!this.socket.connected) throw new ServerUnreachable("The server does not answer.", { retryable: true });
    let given: unknown;
    try {
      given = await this.socket.timeout(within).emitWithAck(EVENTS[type] ?? type, fields);
    } catch {
      if (!this.socket.connected) throw new ServerUnreachable("The server does not answer.", { retryable: true });
      throw new TimedOut("The server did not answer in time.", { code: "server_silent", retryable: true });
    }
    const reply = readReply(type, given);
    if (reply.ok) return reply.value;
    throw refusalError(reply.refusal.code, reply.refusal.message);
  }

  /** One at a time, and not all the time: the line goes on trying meanwhile. */
  private async clear(why: PeersealError): Promise<void> {
    if (this.clearing) return;
    this.clearing = true;
    try {
      await this.listener.lineRefused?.(why);
    } catch {
      // it does not answer now
    }
    setTimeout(() => (this.clearing = false), CLEAR_MILLISECONDS);
  }

  private listen<Type extends ServerType>(type: Type, listener: MeetListener): void {
    this.socket.on(type as string, (fields: unknown) => {
      const hear = listener[`on_${type}`] as ((message: ServerMessages[Type]) => void) | undefined;
      if (hear === undefined) return;
      let message: ServerMessages[Type];
      try {
        message = readServer(type, fields);
      } catch {
        return; // a server of another version, or none of ours: what it says means nothing here
      }
      // By polling, a reply and what follows from it come in one piece: who waits for the reply goes on first.
      setTimeout(() => {
        if (this.socket.connected) hear(message);
      }, 0);
    });
  }
}

/** Event names that are not the message's type: Socket.IO keeps `connect` for itself. */
const EVENTS: Partial<Record<ClientType, string>> = { connect: "connect_to" };

/** Why the server refused a connection, if it answered at all and not by WebSocket, which tells nobody. */
function refusalOf(error: object): PeersealError | null {
  const answer = (error as { readonly context?: unknown }).context;
  if (typeof XMLHttpRequest === "undefined" || !(answer instanceof XMLHttpRequest) || answer.status < 400) return null;
  return refusal(answer.status, utf8(answer.responseText), answer.getResponseHeader("Retry-After"));
}

const ABSENT = new Set(["not_found", "not_connected", "room_closed", "nameplate_taken"]);

function refusalError(code: string, message: string): PeersealError {
  return ABSENT.has(code) ? new NotFound(message, { code }) : new Refused(message, { code });
}
