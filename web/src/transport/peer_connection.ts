/**
 * One transfer's WebRTC connection, in the window (protocol.md §16.2): made when the worker calls, closed when it says so.
 *
 * The receiver offers, the sender answers; a new offer begins anew. A first channel, agreed beforehand, carries
 * nothing: it stands when the connection does. Each path is a channel the sender makes.
 */
import type { DescriptionFields, IceCandidate } from "../protocol/control.ts";
import { DESCRIPTIONS_PER_TRANSFER, ICE_CANDIDATES_MAX, ICE_PER_TRANSFER, STREAM_ID_BYTES } from "../wire/limits.ts";
import { ReceiveChannel, SendChannel } from "./data_channel.ts";
import type { DirectCall, FromConnection, ToConnection } from "./direct_messages.ts";
import { readCandidate, readDescription, writeCandidate, writeDescription } from "./session_description.ts";

const STREAM_NAME = new RegExp(`^[0-9a-f]{${2 * STREAM_ID_BYTES}}$`);
/** Paths the peer may have begun that nobody here asked for yet; the oldest gives way. */
const UNASKED_MAX = 2;
/** Candidates travel in two messages: what is found at once, and what servers on the way told. */
const GATHER_MILLISECONDS = [50, 1_500] as const;
const TOLD_MAX = ICE_PER_TRANSFER / DESCRIPTIONS_PER_TRANSFER;
/** Of one connection: so many of the peer's addresses are tried, and no more. */
const REMOTE_MAX = ICE_CANDIDATES_MAX;

/** Makes the connection a worker called for. */
export function connectDirect(call: DirectCall): void {
  new PeerConnection(call).begin();
}

class PeerConnection {
  private readonly call: DirectCall;
  private readonly port: MessagePort;
  private connection: RTCPeerConnection | null = null;
  private mid = "0";
  private remote = 0; // candidates of the peer's that were taken
  private found: IceCandidate[] = [];
  private told = 0; // messages with candidates of this connection
  private gathering: ReturnType<typeof setTimeout> | undefined;
  private coming = new Map<string, ReceiveChannel>(); // begun by the peer, not asked for
  private asked = new Map<string, MessagePort>(); // asked for, not begun by the peer
  private closed = false;
  private last: Promise<unknown> = Promise.resolve();

  constructor(call: DirectCall) {
    this.call = call;
    this.port = call.port;
  }

  begin(): void {
    this.port.onmessage = (event: MessageEvent<ToConnection>) => {
      // What the browser does takes time; the peer's words are given to it in their order.
      if (event.data.type === "close") this.close();
      else this.inTurn(() => this.take(event.data));
    };
    if (this.call.role === "receives") this.inTurn(() => this.offer());
  }

  private inTurn(step: () => Promise<void> | void): void {
    const unlessClosed = (): Promise<void> | void => (this.closed ? undefined : step());
    this.last = this.last.then(unlessClosed).catch(() => {
      this.down(); // no WebRTC here, or a description this browser does not take
    });
  }

  private async take(message: ToConnection): Promise<void> {
    switch (message.type) {
      case "description":
        return this.heard(message.description);
      case "ice":
        for (const candidate of message.candidates) await this.heardIce(candidate);
        return;
      case "open":
        this.open(message.stream, message.port);
        return;
      case "close":
        return;
    }
  }

  private async offer(): Promise<void> {
    const connection = this.fresh();
    await connection.setLocalDescription();
    this.say(connection, "offer");
  }

  private async heard(description: DescriptionFields): Promise<void> {
    if (description.role === "offer" && this.call.role === "sends") {
      const sdp = writeDescription(description, "0");
      if (sdp === null) return;
      const connection = this.fresh();
      await connection.setRemoteDescription({ type: "offer", sdp });
      await connection.setLocalDescription();
      this.say(connection, "answer");
    } else if (description.role === "answer" && this.connection?.signalingState === "have-local-offer") {
      const sdp = writeDescription(description, this.mid);
      if (sdp !== null) await this.connection.setRemoteDescription({ type: "answer", sdp });
    }
  }

  private async heardIce(candidate: IceCandidate): Promise<void> {
    if (this.connection?.remoteDescription == null || this.remote >= REMOTE_MAX) return;
    const text = writeCandidate(candidate, this.remote);
    if (text === null) return;
    this.remote++;
    // One that cannot be tried (a name that is not found) leaves the others.
    await this.connection.addIceCandidate({ candidate: text, sdpMid: this.mid, sdpMLineIndex: 0 }).catch(() => undefined);
  }

  /** A new connection in place of any before. */
  private fresh(): RTCPeerConnection {
    this.drop();
    const iceServers = this.call.servers.map(({ urls, username, credential }) => ({
      urls: [...urls],
      ...(username === null || credential === null ? {} : { username, credential }),
    }));
    const connection = new RTCPeerConnection({ iceServers, bundlePolicy: "max-bundle" });
    this.connection = connection;
    connection.onicecandidate = ({ candidate }) => {
      if (connection === this.connection) this.find(candidate?.candidate ?? null);
    };
    connection.onconnectionstatechange = () => {
      if (connection === this.connection && connection.connectionState === "failed") this.down();
    };
    connection.ondatachannel = ({ channel }) => {
      this.comes(channel);
    };
    const first = connection.createDataChannel("peerseal", { negotiated: true, id: 0 });
    first.onopen = () => {
      this.inTurn(() => this.stands(connection));
    };
    first.onclose = () => {
      if (connection === this.connection) this.down();
    };
    return connection;
  }

  private say(connection: RTCPeerConnection, role: DescriptionFields["role"]): void {
    const own = readDescription(connection.localDescription?.sdp ?? "", role);
    if (own === null) throw new Error("this browser describes itself in another way");
    this.mid = own.mid;
    this.tell({ type: "description", description: own.fields });
  }

  /** An address of this side's; null: there are no more. */
  private find(text: string | null): void {
    const candidate = readCandidate(text ?? "");
    if (candidate !== null && this.found.length < ICE_CANDIDATES_MAX) this.found.push(candidate);
    if (text === null) this.sayFound();
    else this.gathering ??= setTimeout(() => this.sayFound(), GATHER_MILLISECONDS[this.told === 0 ? 0 : 1]);
  }

  private sayFound(): void {
    clearTimeout(this.gathering);
    this.gathering = undefined;
    const candidates = this.found.splice(0);
    if (candidates.length === 0 || this.told >= TOLD_MAX) return;
    this.told++;
    // In turn: the description they belong to is always said before.
    this.inTurn(() => this.tell({ type: "ice", candidates }));
  }

  private async stands(connection: RTCPeerConnection): Promise<void> {
    const relayed = await isRelayed(connection);
    if (connection === this.connection) this.tell({ type: "standing", relayed });
  }

  private open(stream: string, port: MessagePort): void {
    const channel = this.coming.get(stream);
    if (this.connection === null) port.postMessage("cut");
    else if (this.call.role === "sends") new SendChannel(this.connection.createDataChannel(stream), port);
    else if (channel === undefined) {
      this.asked.set(stream, port);
      port.onmessage = () => this.asked.delete(stream); // given up before it came
    } else {
      this.coming.delete(stream);
      channel.attach(port);
    }
  }

  /** The peer began a path. */
  private comes(channel: RTCDataChannel): void {
    const name = channel.label;
    const reliable = channel.ordered && channel.maxRetransmits === null && channel.maxPacketLifeTime === null;
    if (this.call.role === "sends" || !reliable || !STREAM_NAME.test(name) || this.coming.has(name)) {
      channel.close();
      return;
    }
    const receiving = new ReceiveChannel(channel);
    const port = this.asked.get(name);
    if (port === undefined) {
      this.coming.set(name, receiving);
      const [oldest] = this.coming;
      if (oldest !== undefined && this.coming.size > UNASKED_MAX) {
        this.coming.delete(oldest[0]);
        oldest[1].close();
      }
    } else {
      this.asked.delete(name);
      receiving.attach(port);
    }
  }

  private down(): void {
    this.tell({ type: "down" });
    this.drop();
  }

  private close(): void {
    this.closed = true;
    this.drop();
    this.port.close();
  }

  private drop(): void {
    clearTimeout(this.gathering);
    this.gathering = undefined;
    this.found = [];
    this.remote = this.told = 0;
    for (const port of this.asked.values()) port.postMessage("cut");
    for (const channel of this.coming.values()) channel.close();
    this.asked.clear();
    this.coming.clear();
    this.connection?.close();
    this.connection = null;
  }

  private tell(message: FromConnection): void {
    this.port.postMessage(message);
  }
}

/** Whether a TURN server carries this connection, as the browser says. */
async function isRelayed(connection: RTCPeerConnection): Promise<boolean> {
  const report = new Map<string, Record<string, unknown>>();
  (await connection.getStats()).forEach((one: Record<string, unknown>) => report.set(String(one["id"]), one));
  const transport = [...report.values()].find((one) => one["type"] === "transport");
  const pair = report.get(String(transport?.["selectedCandidatePairId"]));
  return ["localCandidateId", "remoteCandidateId"].some((end) => report.get(String(pair?.[end]))?.["candidateType"] === "relay");
}
