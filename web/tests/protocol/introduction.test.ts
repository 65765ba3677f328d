/** Who the sides of a channel are: proved once, early, for this channel only. */
import { expect, test } from "vitest";
import { commitment, newFileId, newFileKey, randomBytes, type Identity } from "../../src/crypto_engine.ts";
import type { Offer } from "../../src/protocol/control.ts";
import { Handshake } from "../../src/protocol/handshake.ts";
import { Session, type SessionEvent } from "../../src/protocol/session.ts";
import type { Bytes } from "../../src/wire/encoding.ts";
import { codeOf, codeOfPromise } from "../support/codes.ts";
import { ada, bert } from "../support/people.ts";

class Channel {
  readonly a: Session;
  readonly b: Session;

  readonly handshakes: readonly [Handshake, Handshake];

  constructor(handshakes: readonly [Handshake, Handshake]) {
    this.handshakes = handshakes;
    [this.a, this.b] = [new Session(handshakes[0]), new Session(handshakes[1])];
  }

  static async made(): Promise<Channel> {
    const room = randomBytes(16);
    const channel = new Channel([Handshake.initiator(room, "words"), Handshake.responder(room, "words")]);
    await channel.a.start(0);
    for (let round = 0; round < 5; round++) {
      await channel.toB();
      await channel.toA();
    }
    return channel;
  }

  async toB(): Promise<SessionEvent[]> {
    return deliver(this.a, this.b);
  }

  async toA(): Promise<SessionEvent[]> {
    return deliver(this.b, this.a);
  }
}

async function deliver(from: Session, to: Session): Promise<SessionEvent[]> {
  const events: SessionEvent[] = [];
  for (const body of from.outbox()) events.push(...(await to.receive(body, 0)));
  return events;
}

async function anOffer(): Promise<Offer> {
  const [id, key] = [newFileId(), newFileKey()];
  return {
    type: "offer", id, version: 1, recordSize: 64, commitment: await commitment(key, id, 1),
    files: 1, bytes: 3, open: false, text: false, shared: false, preview: [{ path: "a", size: 3, kind: "file" }],
  };
}

/** An identity whose signature is over what `change` makes of the body. */
function forger(identity: Identity, change: (body: Bytes) => Bytes): Identity {
  const forged = Object.create(identity) as Identity;
  return Object.defineProperties(forged, {
    bundle: { value: identity.bundle },
    sign: { value: (kind: "transcript", body: Bytes) => identity.sign(kind, change(body)) },
  });
}

test("each side may prove who it is, and is known by its keys", async () => {
  const channel = await Channel.made();
  await channel.a.identity(ada);
  await channel.b.identity(bert);
  expect(await channel.toB()).toMatchObject([{ event: "identity", bundle: { fingerprint: ada.fingerprint } }]);
  expect(await channel.toA()).toMatchObject([{ event: "identity", bundle: { fingerprint: bert.fingerprint } }]);
  expect([channel.a.peer?.fingerprint, channel.b.peer?.fingerprint]).toEqual([bert.fingerprint, ada.fingerprint]);
});

test("a peer whose keys are known needs no words; keys alone do not verify", async () => {
  const channel = await Channel.made();
  await channel.b.identity(bert);
  await channel.toA();
  expect(channel.a.verified).toBe(false);
  expect(await codeOfPromise(channel.a.offer(await anOffer()))).toBe("not_verified");
  channel.a.trust();
  expect(channel.a.verified).toBe(true);
  await channel.a.offer(await anOffer());
});

test("who has not said who it is cannot be trusted for it", async () => {
  const channel = await Channel.made();
  expect(codeOf(() => channel.a.trust())).toBe("out_of_order");
});

test("it is said once, after the handshake, before the first offer or answer", async () => {
  const room = randomBytes(16);
  expect(await codeOfPromise(new Session(Handshake.initiator(room, "words")).identity(ada))).toBe("out_of_order");
  const channel = await Channel.made();
  await channel.a.identity(ada);
  expect(await codeOfPromise(channel.a.identity(ada))).toBe("out_of_order");
  channel.b.wordsMatch();
  await channel.b.offer(await anOffer());
  expect(await codeOfPromise(channel.b.identity(bert))).toBe("out_of_order");
});

test.each(["twice", "after its offer", "after its answer"])("a peer that says it %s is refused", async (when) => {
  const channel = await Channel.made();
  channel.a.wordsMatch();
  channel.b.wordsMatch();
  const own = channel.handshakes[0].channel;
  const signature = new Uint8Array(64);
  if (when === "twice") await channel.a.identity(ada);
  if (when === "after its offer") await channel.a.offer(await anOffer());
  if (when === "after its answer") {
    const offer = await anOffer();
    await channel.b.offer(offer);
    await channel.toA();
    await channel.a.answer(offer.id, true);
  }
  await channel.toB();
  const late = await own.seal({ type: "identity", bundle: ada.bundle.encoded, signature });
  expect(await channel.b.receive(late, 0)).toMatchObject([{ event: "failed", error: { code: "out_of_order" } }]);
});

test.each<readonly [string, (body: Bytes) => Bytes]>([
  ["of another channel", (body) => Uint8Array.from(body, (byte, at) => (at === 10 ? byte ^ 1 : byte))],
  ["of the other role", (body) => Uint8Array.from(body, (byte, at) => (at === body.length - 1 ? 3 - byte : byte))],
])("a signature %s ends the channel", async (_, change) => {
  const channel = await Channel.made();
  await channel.a.identity(forger(ada, change));
  expect(await channel.toB()).toMatchObject([{ event: "failed", error: { code: "signature_invalid" } }]);
  expect([channel.b.peer, channel.b.over]).toEqual([null, true]);
});

test("an identity cannot be reflected", async () => {
  const channel = await Channel.made();
  const body = ada.bundle.encoded;
  await channel.a.identity(ada);
  await channel.toB();
  const signature = await ada.sign("transcript", body);
  const reflected = await channel.handshakes[1].channel.seal({ type: "identity", bundle: body, signature });
  expect(await channel.a.receive(reflected, 0)).toMatchObject([{ event: "failed", error: { code: "signature_invalid" } }]);
});
