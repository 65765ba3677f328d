/** What the server says of itself, read as strictly as the rest. */
import { afterEach, expect, test, vi } from "vitest";
import { askServer } from "../../src/client/server_info.ts";

const SAID = { name: "peerseal", version: "1", protocol: "peerseal/1", discovery: "network", addresses: [], server: "A".repeat(22), registration: "open" };

function answering(said: object): void {
  vi.stubGlobal("fetch", () => Promise.resolve(new Response(JSON.stringify(said))));
}

afterEach(() => void vi.unstubAllGlobals());

test("how much it parks and how long, and that it parks nothing", async () => {
  answering({ ...SAID, parking: { hours: 72, bytes: 1024 } });
  expect((await askServer("http://x/"))?.parking).toEqual({ hours: 72, bytes: 1024 });
  for (const nothing of [{ ...SAID, parking: null }, SAID]) {
    answering(nothing);
    expect(await askServer("http://x/")).toMatchObject({ parking: null, registration: "open" });
  }
});

test("what cannot be is no answer of ours", async () => {
  for (const parking of [{ hours: 0, bytes: 1 }, { hours: 1 }, "yes", { hours: 1, bytes: -1 }]) {
    answering({ ...SAID, parking });
    expect(await askServer("http://x/")).toBeNull();
  }
});
