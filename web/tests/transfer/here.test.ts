/** Being here, as the server hears it: one coming or going after the other. */
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { Meet } from "../../src/client/meet.ts";
import { Refused } from "../../src/errors.ts";
import { Board } from "../../src/transfer/board.ts";
import { Consents } from "../../src/transfer/consents.ts";
import { Here } from "../../src/transfer/here.ts";

beforeAll(() => {
  vi.stubGlobal("isSecureContext", true);
});
afterAll(() => {
  vi.unstubAllGlobals();
});

/** A server that takes a moment, and knows on which terms this side is here. */
function server(): { readonly meet: Meet; readonly said: string[]; joined: { name: string; listed: boolean } | null } {
  const here = {
    said: [] as string[],
    joined: null as { name: string; listed: boolean } | null,
    meet: {
      up: true, line: "line", open: () => Promise.resolve(), hangUp: () => undefined,
      call: async (type: string, fields: { name: string; role: string; listed: boolean }) => {
        await new Promise((resolve) => setTimeout(resolve, 2));
        here.said.push(type);
        if (type === "leave") here.joined = null;
        if (type !== "join") return {};
        if (here.joined !== null) throw new Refused("", { code: "already_joined" });
        here.joined = { name: fields.name, listed: fields.listed };
        return { you: { id: "me", tag: "0000", name: fields.name, role: fields.role, account: null }, lobby: { kind: "network", reason: null }, peers: [{ id: "bob" }] };
      },
    } as unknown as Meet,
  };
  return here;
}

function page(meet: Meet, comingBack = false): { here: Here; board: Board; company: { comingBack: boolean } } {
  const board = new Board(false, { kind: "memory", limit: null } as never, () => undefined, () => []);
  const company = { linked: false, comingBack, disconnect: () => Promise.resolve() };
  return { here: new Here("http://localhost/", meet, board, new Consents(), () => company), board, company };
}

test("coming for a code and joining by name in the same moment is one after the other", async () => {
  const at = server();
  const { here, board } = page(at.meet);
  await Promise.all([here.enterForCode("Guest", "receiver"), here.enter("Bob", "receiver", true)]);
  expect(at.joined).toEqual({ name: "Bob", listed: true });
  expect(board.state.me?.name).toBe("Bob");
});

test("who gives up waiting while the page takes its place for that is here for others again", async () => {
  const at = server();
  const { here, board, company } = page(at.meet, true);
  await here.enter("Bob", "receiver", true);
  const waits = here.unlisted("Bob", "receiver");
  company.comingBack = false;
  await Promise.all([waits, here.back()]);
  expect(at.joined).toEqual({ name: "Bob", listed: true });
  expect(board.state.notice).toBeNull();
});

test("a server that knows this side from a join whose answer was lost is joined anew, and nobody is told", async () => {
  const at = server();
  at.joined = { name: "Bob", listed: false };
  const { here } = page(at.meet);
  await here.enter("Bob", "receiver", true);
  expect(at.joined).toEqual({ name: "Bob", listed: true });
  expect(at.said).toEqual(["join", "leave", "join"]);
});

test("while somebody is waited for, who else is listed is known", async () => {
  const at = server();
  const { here, board } = page(at.meet, true);
  await here.unlisted("Ada", "sender");
  expect(board.state.peers.map(({ id }) => id)).toEqual(["bob"]);
  expect(at.joined).toEqual({ name: "Ada", listed: false }); // by the name that was given, nobody was here before
});
