/** Whether the server can do its work, as it says to whoever may know. */
import { afterEach, expect, test, vi } from "vitest";
import { askReadiness } from "../../src/client/readiness.ts";

const WELL = { database: "ok", migrations: "ok", storage: "ok", disk: "ok", accepting: "ok" };

function answering(status: number, said: unknown): void {
  vi.stubGlobal("fetch", () => Promise.resolve(new Response(JSON.stringify(said), { status })));
}

afterEach(() => void vi.unstubAllGlobals());

test("a server that is well has nothing to say", async () => {
  answering(200, { status: "ready", checks: WELL });
  expect(await askReadiness("http://x/")).toEqual({});
  answering(200, { status: "ready" });
  expect(await askReadiness("http://x/")).toEqual({});
});

test("what is wrong has a name, for those who may know it", async () => {
  answering(503, { code: "not_ready", checks: { ...WELL, disk: "full", storage: "Read-only file system" } });
  expect(await askReadiness("http://x/")).toEqual({ disk: "full", storage: "Read-only file system" });
  answering(503, { code: "not_ready", checks: { ...WELL, database: "disk_full", storage: "disk_full", disk: "full" } });
  expect(await askReadiness("http://x/")).toEqual({ disk: "full" });
  answering(503, { code: "not_ready" });
  expect(await askReadiness("http://x/")).toEqual({ "": "" });
});

test("what else answers, or nothing, says nothing about it", async () => {
  answering(502, { checks: { disk: "full" } });
  expect(await askReadiness("http://x/")).toBeNull();
  vi.stubGlobal("fetch", () => Promise.reject(new TypeError("Failed to fetch")));
  expect(await askReadiness("http://x/")).toBeNull();
});
