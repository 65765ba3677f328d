import { afterEach, describe, expect, test } from "vitest";
import { randomBytes } from "../../src/crypto_engine.ts";
import type { DescriptionFields, IceCandidate } from "../../src/protocol/control.ts";
import { ReceiveChannel, SendChannel } from "../../src/transport/data_channel.ts";
import { DirectPaths, type DirectCall, type DirectRole } from "../../src/transport/direct.ts";
import type { FromConnection, ToConnection } from "../../src/transport/direct_messages.ts";
import { hexEncode, type Bytes } from "../../src/wire/encoding.ts";
import { KIB, MIB } from "../../src/wire/limits.ts";
import { codeOfPromise } from "../support/codes.ts";
import { FakeChannel } from "../support/fake_channel.ts";

const description: DescriptionFields = {
  role: "offer", ufrag: "CcdX", pwd: "K5BEMQA1thy0eOQ8HtNruAFZ", fingerprint: randomBytes(32), setup: "actpass",
};
const candidate: IceCandidate = { host: "192.168.1.7", port: 50_000, kind: "host", priority: 7 };
const never = new AbortController().signal;

/** One side's worker, and what its window hears and says over the real ports. */
class Side {
  readonly paths: DirectPaths;
  readonly said: unknown[] = [];
  readonly heard: ToConnection[] = [];
  readonly call: DirectCall;
  onOpen: (stream: string, port: MessagePort) => void = () => undefined;

  constructor(role: DirectRole) {
    const calls: DirectCall[] = [];
    this.paths = DirectPaths.begin(role, [], {
      description: (fields) => this.said.push(fields),
      ice: (candidates) => this.said.push(candidates),
    }, (call) => calls.push(call));
    const [call] = calls;
    if (call === undefined) throw new Error("it did not call");
    this.call = call;
    call.port.onmessage = ({ data }: MessageEvent<ToConnection>) => {
      this.heard.push(data);
      if (data.type === "open") this.onOpen(data.stream, data.port);
    };
    sides.push(this);
  }

  tell(message: FromConnection): void {
    this.call.port.postMessage(message);
  }

  async stand(): Promise<void> {
    this.tell({ type: "standing", relayed: false });
    await this.paths.ready();
  }

  close(): void {
    this.paths.close();
    this.call.port.close();
  }
}

/** Both sides standing; a path of the sender's is a fake channel that opens at once. */
class Pair {
  readonly sender = new Side("sends");
  readonly receiver = new Side("receives");
  sending!: FakeChannel;
  receiving!: FakeChannel;
  private readonly coming = new Map<string, ReceiveChannel>();

  constructor() {
    this.sender.onOpen = (stream, port) => {
      [this.sending, this.receiving] = FakeChannel.pair(stream);
      new SendChannel(this.sending as unknown as RTCDataChannel, port);
      this.coming.set(stream, new ReceiveChannel(this.receiving as unknown as RTCDataChannel));
      this.sending.open();
    };
    this.receiver.onOpen = (stream, port) => this.coming.get(stream)?.attach(port);
  }

  async stand(): Promise<this> {
    await Promise.all([this.sender.stand(), this.receiver.stand()]);
    return this;
  }
}

const sides: Side[] = [];
afterEach(() => {
  for (const side of sides.splice(0)) side.close();
});

async function readAll(pair: Pair, stream: Bytes, step: number): Promise<Bytes> {
  const end = await pair.receiver.paths.openReceive(stream, never);
  const pieces: Uint8Array[] = [];
  try {
    for (;;) {
      const view = new Uint8Array(step);
      await end.receiveInto(view);
      pieces.push(view);
    }
  } catch (error) {
    expect(await codeOfPromise(Promise.reject(error as Error))).toBe("truncated");
  }
  end.abort();
  return new Uint8Array(Buffer.concat(pieces));
}

test("what is sent comes out, in messages of at most 64 KiB, and both know its end", async () => {
  const pair = await new Pair().stand();
  const stream = randomBytes(8);
  const pieces = [1, 16, 64 * KIB, 64 * KIB + 1, 512 * KIB + 44, MIB].map((size) => new Uint8Array(size).map((_, at) => at * size));
  const end = await pair.sender.paths.openSend(stream, never);
  expect([end.kind, end.detail]).toEqual(["direct", "webrtc"]);
  const read = readAll(pair, stream, 1);
  for (const piece of pieces) await end.send(piece.slice(0, 1), piece.slice(1));
  await end.finish();
  expect(hexEncode(await read)).toBe(hexEncode(new Uint8Array(Buffer.concat(pieces))));
  expect(pair.sending.largest).toBe(64 * KIB);
}, 30_000);

test("pieces may change once send has returned", async () => {
  const pair = await new Pair().stand();
  const [stream, piece] = [randomBytes(8), new Uint8Array(1000).fill(1)];
  const end = await pair.sender.paths.openSend(stream, never);
  await end.send(piece);
  piece.fill(2);
  const read = readAll(pair, stream, 1000);
  await end.finish();
  expect(await read).toEqual(new Uint8Array(1000).fill(1));
});

test("a sender is held back by its network, and neither window nor browser holds much", async () => {
  const pair = await new Pair().stand();
  const end = await pair.sender.paths.openSend(randomBytes(8), never);
  let [handed, out] = [0, 0];
  pair.receiving.onmessage = ({ data }) => (out += (data as ArrayBuffer).byteLength);
  const sending = (async () => {
    for (let count = 0; count < 64; count++) {
      await end.send(new Uint8Array(MIB));
      handed += MIB;
      expect(handed - (pair.sending.bufferedAmount + out)).toBeLessThanOrEqual(6 * MIB);
    }
  })();
  await sending;
  expect(pair.sending.most).toBeLessThanOrEqual(2 * MIB + 64 * KIB);
}, 30_000);

test("a peer that sends far ahead of its reader is cut", async () => {
  const pair = await new Pair().stand();
  const stream = randomBytes(8);
  const end = await pair.sender.paths.openSend(stream, never);
  const reading = await pair.receiver.paths.openReceive(stream, never);
  await reading.receiveInto(new Uint8Array(0));
  const flood = (async () => {
    for (let count = 0; count < 80; count++) await end.send(new Uint8Array(MIB));
  })();
  expect(await codeOfPromise(flood)).toBe("interrupted");
  expect(pair.receiving.readyState).toBe("closed");
}, 30_000);

describe("what breaks", () => {
  test("a sender's abort: the receiver gets no end", async () => {
    const pair = await new Pair().stand();
    const stream = randomBytes(8);
    const end = await pair.sender.paths.openSend(stream, never);
    const reading = await pair.receiver.paths.openReceive(stream, never);
    const waiting = reading.receiveInto(new Uint8Array(10));
    end.abort();
    expect(await codeOfPromise(waiting)).toBe("interrupted");
    expect(await codeOfPromise(end.send(new Uint8Array(1)))).toBe("interrupted");
    expect(await codeOfPromise(end.finish())).toBe("interrupted");
  });

  test("a receiver's abort: the sender hears of it", async () => {
    const pair = await new Pair().stand();
    const stream = randomBytes(8);
    const end = await pair.sender.paths.openSend(stream, never);
    const reading = await pair.receiver.paths.openReceive(stream, never);
    reading.abort();
    const flood = (async () => {
      for (;;) await end.send(new Uint8Array(MIB));
    })();
    expect(await codeOfPromise(flood)).toBe("interrupted");
  });

  test("a channel that closes after the end was sent and before it was answered", async () => {
    const pair = await new Pair().stand();
    const end = await pair.sender.paths.openSend(randomBytes(8), never);
    pair.receiving.onmessage = () => {
      pair.receiving.close();
    };
    expect(await codeOfPromise(end.finish())).toBe("interrupted");
  });

  test("an answer to an end that was not sent", async () => {
    const pair = await new Pair().stand();
    const end = await pair.sender.paths.openSend(randomBytes(8), never);
    pair.receiving.send("end");
    await expect.poll(() => pair.sending.readyState).toBe("closed");
    // The window's word of it has a port to cross.
    await expect.poll(() => codeOfPromise(end.send(new Uint8Array(1)))).toBe("interrupted");
    expect(await codeOfPromise(end.finish())).toBe("interrupted");
  });

  test("a text that is not the end, and a message that is too long", async () => {
    for (const message of ["END", "", new Uint8Array(64 * KIB + 1)]) {
      const pair = await new Pair().stand();
      const stream = randomBytes(8);
      await pair.sender.paths.openSend(stream, never);
      const reading = await pair.receiver.paths.openReceive(stream, never);
      const waiting = reading.receiveInto(new Uint8Array(1));
      pair.sending.send(message as string);
      expect(await codeOfPromise(waiting)).toBe("interrupted");
    }
  });

  test("a connection that goes down takes its paths with it, and no new one is opened", async () => {
    const pair = await new Pair().stand();
    const end = await pair.sender.paths.openSend(randomBytes(8), never);
    pair.sender.tell({ type: "down" });
    expect(await codeOfPromise(end.finish())).toBe("interrupted");
    expect(pair.sender.paths.standing).toBe(false);
    expect(await codeOfPromise(pair.sender.paths.openSend(randomBytes(8), never))).toBe("interrupted");
    expect(await codeOfPromise(pair.sender.paths.ready())).toBe("interrupted");
  });

  test("closing ends everything at once, and tells the window", async () => {
    const pair = await new Pair().stand();
    const end = await pair.sender.paths.openSend(randomBytes(8), never);
    const finishing = end.finish();
    pair.sender.paths.close();
    expect(await codeOfPromise(finishing)).toBe("interrupted");
    await expect.poll(() => pair.sender.heard.at(-1)).toEqual({ type: "close" });
  });

  test("waiting for a channel ends when somebody stops it", async () => {
    const pair = await new Pair().stand();
    const stopping = new AbortController();
    const opening = pair.receiver.paths.openReceive(randomBytes(8), stopping.signal);
    stopping.abort(new Error("stopped"));
    await expect(opening).rejects.toThrow("stopped");
  });
});

describe("what is said", () => {
  test("goes to the peer and to the window as it is", async () => {
    const side = new Side("receives");
    side.tell({ type: "description", description });
    side.tell({ type: "ice", candidates: [candidate] });
    await expect.poll(() => side.said).toEqual([description, [candidate]]);
    const answer = { ...description, role: "answer", setup: "active" } as const;
    side.paths.heardDescription(answer);
    side.paths.heardIce([candidate]);
    await expect.poll(() => side.heard).toEqual([
      { type: "description", description: answer },
      { type: "ice", candidates: [candidate] },
    ]);
  });

  test("a description this side does not wait for changes nothing", async () => {
    const pair = await new Pair().stand();
    pair.receiver.paths.heardDescription(description);
    pair.sender.paths.heardDescription({ ...description, role: "answer", setup: "active" });
    expect([pair.receiver.paths.standing, pair.sender.paths.standing]).toEqual([true, true]);
  });

  test("a new offer begins anew: paths break, and the sender waits for the new connection", async () => {
    const pair = await new Pair().stand();
    const end = await pair.sender.paths.openSend(randomBytes(8), never);
    pair.sender.paths.heardDescription(description);
    expect(await codeOfPromise(end.finish())).toBe("interrupted");
    const ready = pair.sender.paths.ready();
    pair.sender.tell({ type: "standing", relayed: true });
    await ready;
    expect((await pair.sender.paths.openSend(randomBytes(8), never)).detail).toBe("webrtc by turn");
  });
});
