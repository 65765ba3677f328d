/** Two who met again: what the other side says at once is answered, however long the server takes over what it is told. */
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { Meet } from "../../src/client/meet.ts";
import { newFileId, ResumeSecret } from "../../src/crypto_engine.ts";
import { openStoreKind } from "../../src/files/stores.ts";
import { Handshake } from "../../src/protocol/handshake.ts";
import { Session, type SessionEvent } from "../../src/protocol/session.ts";
import { Board } from "../../src/transfer/board.ts";
import type { Bond } from "../../src/transfer/comeback.ts";
import { Consents } from "../../src/transfer/consents.ts";
import { Courier } from "../../src/transfer/courier.ts";
import { Ledger } from "../../src/transfer/ledger.ts";
import type { Link } from "../../src/transfer/link.ts";
import { Rooms, type Neighbours } from "../../src/transfer/rooms.ts";
import { base64urlDecode, hexDecode } from "../../src/wire/encoding.ts";

const ROOM = "0a".repeat(16);
const ALICE = { id: "0".repeat(32), tag: "0000", name: "Alice", role: "sender", account: null } as const;
const SECRET = new Uint8Array(32).fill(5);

beforeAll(() => {
  vi.stubGlobal("isSecureContext", true);
});
afterAll(() => {
  vi.unstubAllGlobals();
});

/** Alice's end of the room: a session of hers, and what it heard. */
class Alice {
  readonly session = new Session(Handshake.initiator(hexDecode(ROOM), "resume", new ResumeSecret(SECRET)), { verified: true });
  readonly heard: SessionEvent[] = [];
  /** Says it into the room. */
  say: (body: Uint8Array<ArrayBuffer>) => void = () => undefined;

  async hear(body: Uint8Array<ArrayBuffer>): Promise<void> {
    const events = await this.session.receive(body, 0);
    this.flush();
    this.heard.push(...events);
  }

  flush(): void {
    for (const body of this.session.outbox()) this.say(body);
  }

  async hears(event: SessionEvent["event"]): Promise<SessionEvent> {
    return vi.waitFor(() => {
      const found = this.heard.find((one) => one.event === event);
      if (found === undefined) throw new Error(`nothing but ${this.heard.map((one) => one.event).join(", ")}`);
      return found;
    });
  }
}

/** Bob's page, waiting for Alice; the server never says that it knows whose room this is. */
async function waiting(alice: Alice): Promise<Rooms> {
  const meet = {
    up: true, line: "line",
    call: (type: string, fields: { readonly room: string | null; readonly body: string }) => {
      if (type === "rejoin" && fields.room !== null) return new Promise(() => undefined);
      if (type === "signal") void alice.hear(base64urlDecode(fields.body));
      return Promise.resolve({});
    },
  } as unknown as Meet;
  const stores = await openStoreKind();
  const board = new Board(false, stores, () => undefined, () => []);
  const ledger = new Ledger(() => undefined, () => undefined);
  const paths = { route: "auto", base: null } as unknown as ConstructorParameters<typeof Courier>[3];
  const rooms = new Rooms(meet, board, new Consents(), {
    here: { unlisted: () => Promise.resolve(), back: () => Promise.resolve(), leaveUnlessListed: () => Promise.resolve() },
    keys: () => null,
    courierFor: (link: Link) => new Courier(link, ledger, stores, paths, { journals: null, bond: () => null, interrupted: () => undefined }, () => undefined),
    cleared: () => undefined,
  } as unknown as Neighbours);
  const bond: Bond = { secret: new ResumeSecret(SECRET), role: "responder", peer: ALICE, mode: "words", verified: true, maySend: true, bundle: null };
  await rooms.together(bond, "receiver", () => undefined);
  return rooms;
}

test("a question that comes right behind the handshake is answered", async () => {
  const alice = new Alice();
  const rooms = await waiting(alice);
  rooms.made({ room: ROOM, peer: ALICE, request: null, mode: "resume" });
  alice.say = (body) => {
    rooms.signal({ room: ROOM, body });
  };
  await alice.session.start(0);
  alice.flush();
  await alice.hears("established");
  await alice.session.where(newFileId());
  alice.flush();
  expect(await alice.hears("cancelled")).toMatchObject({ code: "not_found" }); // of this one nothing is here
});
