/**
 * Direct paths of one transfer, in the worker (protocol.md §16.2): bytes through a WebRTC connection of the window.
 *
 *     const direct = DirectPaths.begin("sends" | "receives", servers, say, call)   // after the accepting answer only
 *       servers   what the meet call `ice` gave
 *       say       { description(fields), ice(candidates) }: to be said to the peer by the session, in this order
 *       call      posts a `DirectCall` to the window, its port handed over: `connectDirect` takes it there
 *     direct.heardDescription(fields); direct.heardIce(candidates)    // what the peer said, in its order
 *     await direct.ready()                      // a path can be opened now; raises `Interrupted` if none can be had
 *     await direct.openSend(stream, signal)     // the sender, with a fresh random stream; then `path` names it
 *     await direct.openReceive(stream, signal)  // the receiver, with the stream that `path` named
 *     direct.close()                            // the transfer is over: connection and ports are gone at once
 *
 * Both sides begin; the receiver's description goes out first. A connection that went down is tried again by the
 * receiver only: close it and begin anew; the sender's side follows the new offer, `ready` waits again.
 */
import type { DescriptionFields, IceCandidate } from "../protocol/control.ts";
import { hexEncode, type Bytes } from "../wire/encoding.ts";
import type { IceServer } from "../wire/messages.ts";
import { DirectReceive, DirectSend, interrupted, opened } from "./direct_ends.ts";
import type { DirectCall, DirectRole, FromConnection, ToConnection } from "./direct_messages.ts";
import type { ReceiveEnd, SendEnd } from "./transport.ts";

export type { DirectCall, DirectRole };

/** What this side has to say to the peer, by the session of its transfer. */
export interface DirectVoice {
  description(description: DescriptionFields): void;
  ice(candidates: readonly IceCandidate[]): void;
}

const STANDING_MILLISECONDS = 30_000;

export class DirectPaths {
  private readonly role: DirectRole;
  private readonly port: MessagePort;
  private readonly say: DirectVoice;
  private readonly ends = new Set<SendEnd | ReceiveEnd>();
  private state: "trying" | "standing" | "down" = "trying";
  private detail = "webrtc";
  private wake = new Set<() => void>();

  /** Asks the window for a connection. */
  static begin(
    role: DirectRole,
    servers: readonly IceServer[],
    say: DirectVoice,
    call: (message: DirectCall) => void,
  ): DirectPaths {
    const { port1, port2 } = new MessageChannel();
    const paths = new DirectPaths(role, port1, say);
    call({ type: "direct", role, servers, port: port2 });
    return paths;
  }

  private constructor(role: DirectRole, port: MessagePort, say: DirectVoice) {
    this.role = role;
    this.port = port;
    this.say = say;
    port.onmessage = (event: MessageEvent<FromConnection>) => {
      this.hear(event.data);
    };
  }

  /** A path can be opened now. */
  get standing(): boolean {
    return this.state === "standing";
  }

  /** Ignores one that this side does not wait for. */
  heardDescription(description: DescriptionFields): void {
    if ((description.role === "offer") !== (this.role === "sends")) return;
    if (description.role === "offer") {
      for (const end of [...this.ends]) end.abort(); // a new connection takes the place of the old one
      this.become("trying");
    }
    this.tell({ type: "description", description });
  }

  heardIce(candidates: readonly IceCandidate[]): void {
    this.tell({ type: "ice", candidates });
  }

  /** Returns when a path can be opened; `Interrupted` if there is no connection, or none within half a minute. */
  async ready(): Promise<void> {
    const end = performance.now() + STANDING_MILLISECONDS;
    while (this.state === "trying") {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, end - performance.now());
        this.wake.add(() => {
          clearTimeout(timer);
          resolve();
        });
      });
      if (performance.now() >= end && this.state === "trying") this.become("down");
    }
    if (this.state === "down") throw interrupted();
  }

  /** Where bytes go in. The stream names it to the peer: 8 random bytes, used once. */
  async openSend(stream: Bytes, signal: AbortSignal): Promise<SendEnd> {
    const port = this.open(stream);
    const end = new DirectSend(port, this.detail, () => this.ends.delete(end));
    this.ends.add(end);
    await opened(end, signal);
    return end;
  }

  /** Where bytes come out, as soon as the peer has begun the path of this name. */
  async openReceive(stream: Bytes, signal: AbortSignal): Promise<ReceiveEnd> {
    const port = this.open(stream);
    const end = new DirectReceive(port, this.detail, () => this.ends.delete(end));
    this.ends.add(end);
    await opened(end, signal);
    return end;
  }

  /** Ends everything at once; what is open breaks. */
  close(): void {
    for (const end of [...this.ends]) end.abort();
    this.tell({ type: "close" });
    this.become("down");
    this.port.close();
  }

  private open(stream: Bytes): MessagePort {
    if (this.state !== "standing") throw interrupted();
    const { port1, port2 } = new MessageChannel();
    this.tell({ type: "open", stream: hexEncode(stream), port: port2 }, [port2]);
    return port1;
  }

  private hear(message: FromConnection): void {
    switch (message.type) {
      case "description":
        this.say.description(message.description);
        break;
      case "ice":
        this.say.ice(message.candidates);
        break;
      case "standing":
        this.detail = message.relayed ? "webrtc by turn" : "webrtc";
        this.become("standing");
        break;
      case "down":
        this.become("down");
        for (const end of [...this.ends]) end.abort();
        break;
    }
  }

  private become(state: DirectPaths["state"]): void {
    this.state = state;
    const waking = [...this.wake];
    this.wake.clear();
    for (const wake of waking) wake();
  }

  private tell(message: ToConnection, transfer: Transferable[] = []): void {
    this.port.postMessage(message, transfer);
  }
}
