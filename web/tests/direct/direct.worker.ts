/** A worker for tests: one side of a transfer's direct paths, with bytes that can be told again. */
import { sha256 } from "@noble/hashes/sha2.js";
import { PeersealError } from "../../src/errors.ts";
import type { DescriptionFields, IceCandidate } from "../../src/protocol/control.ts";
import { DirectPaths, type DirectRole } from "../../src/transport/direct.ts";
import type { ReceiveEnd, SendEnd } from "../../src/transport/transport.ts";
import { hexDecode, hexEncode } from "../../src/wire/encoding.ts";
import type { IceServer } from "../../src/wire/messages.ts";

declare const self: Pick<Worker, "postMessage" | "addEventListener">;

/** What this side has to say, for the test to carry to the other; bytes as hex. */
type Said =
  | { readonly type: "description"; readonly fields: Omit<DescriptionFields, "fingerprint"> & { readonly fingerprint: string } }
  | { readonly type: "ice"; readonly candidates: readonly IceCandidate[] };

const PIECE = 512 * 1024 + 44;
const WINDOW = 32 * 1024 * 1024;
const saying: Said[] = [];
const stopping = new AbortController();
let paths: DirectPaths;
let sending: SendEnd | null = null;
let receiving: ReceiveEnd | null = null;
let [sent, read] = [0, 0];
let acked = Infinity;
let wake = (): void => undefined;

const asks: Readonly<Record<string, (...args: never[]) => unknown>> = {
  begin(role: DirectRole, servers: readonly IceServer[]) {
    const voice = {
      description: ({ fingerprint, ...fields }: DescriptionFields) =>
        saying.push({ type: "description", fields: { ...fields, fingerprint: hexEncode(fingerprint) } }),
      ice: (candidates: readonly IceCandidate[]) => saying.push({ type: "ice", candidates }),
    };
    paths = DirectPaths.begin(role, servers, voice, (call) => {
      self.postMessage(call, [call.port]);
    });
  },
  said: () => saying.splice(0),
  hear(said: readonly Said[]) {
    for (const one of said) {
      if (one.type === "ice") paths.heardIce(one.candidates);
      else paths.heardDescription({ ...one.fields, fingerprint: hexDecode(one.fields.fingerprint) });
    }
  },
  ready: () => paths.ready(),
  close() {
    paths.close();
  },
  /** Sends `total` bytes of the pattern; with `window` at most 32 MiB beyond what `acked` said. */
  async send(stream: string, total: number, window: boolean) {
    acked = window ? 0 : Infinity;
    sent = 0;
    sending = await paths.openSend(hexDecode(stream), stopping.signal);
    const hash = sha256.create();
    for (let at = 0; at < total; at += PIECE) {
      while (at - acked > WINDOW) await new Promise<void>((resolve) => (wake = resolve));
      const piece = pattern(at, Math.min(PIECE, total - at));
      hash.update(piece);
      await sending.send(piece);
      sent = at + piece.length;
    }
    await sending.finish();
    return { hash: hexEncode(hash.digest()), detail: sending.detail };
  },
  acked(bytes: number) {
    acked = bytes;
    wake();
  },
  sent: () => sent,
  /** Reads until the end, pausing for so many milliseconds after each MiB; tells the hash of all. */
  async receive(stream: string, pause: number) {
    receiving = await paths.openReceive(hexDecode(stream), stopping.signal);
    const hash = sha256.create();
    const view = new Uint8Array(16 * 1024);
    read = 0;
    try {
      for (;;) {
        await receiving.receiveInto(view);
        hash.update(view);
        read += view.length;
        if (pause > 0 && read % (1024 * 1024) === 0) await new Promise((resolve) => setTimeout(resolve, pause));
      }
    } catch (error) {
      if (!(error instanceof PeersealError) || error.code !== "truncated") throw error;
    } finally {
      receiving.abort();
    }
    return { hash: hexEncode(hash.digest()), bytes: read };
  },
  read: () => read,
  abort() {
    sending?.abort();
    receiving?.abort();
  },
};

const block = new Uint8Array(PIECE * 2);
for (let at = 0, state = 1; at < block.length; at++) {
  state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
  block[at] = state >>> 16;
}

/** Bytes that look like ciphertext, other ones at other places. */
function pattern(at: number, length: number): Uint8Array<ArrayBuffer> {
  const from = (at * 7) % PIECE;
  return block.subarray(from, from + length);
}

self.addEventListener("message", (event: MessageEvent<{ readonly call: number; readonly name: string; readonly args: never[] }>) => {
  const { call, name, args } = event.data;
  void (async () => {
    let answer: unknown;
    try {
      answer = (await asks[name]?.(...args)) ?? null;
    } catch (error) {
      answer = { error: error instanceof PeersealError ? error.code : String(error) };
    }
    self.postMessage({ call, answer });
  })();
});
