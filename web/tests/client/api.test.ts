/** The client against a server of a few lines: what it sends, and what it makes of answers. */
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { Api } from "../../src/client/api.ts";
import { ENDPOINTS } from "../../src/wire/api.ts";
import { randomBytes } from "../../src/crypto_engine.ts";
import { stringify } from "../../src/wire/strict_json.ts";
import { codeOfPromise } from "../support/codes.ts";
import { ada } from "../support/people.ts";

interface Heard {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}
interface Saying {
  readonly status: number;
  readonly body?: string | Uint8Array;
  readonly headers?: Record<string, string>;
  readonly silent?: boolean;
}

let server: Server;
let origin: string;
let base: string;
let tests = 0;
let heard: Heard[] = [];
let saying: Saying;

beforeAll(async () => {
  server = createServer((request, response) => {
    let body = "";
    request.on("data", (piece: Buffer) => (body += piece.toString()));
    request.on("end", () => {
      // A request that an earlier test gave up may come late: it went to that test's address.
      const [, begin, path] = /^(\/below-\d+)(.*)$/.exec(request.url ?? "") ?? [];
      if (origin + begin + "/" === base) heard.push({ method: request.method, url: path, headers: request.headers, body });
      if (saying.silent !== true) response.writeHead(saying.status, saying.headers).end(saying.body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  base = `${origin}/below-${++tests}/`;
  heard = [];
});

const SESSION = "0".repeat(32);
const account = {
  name: "Ada", user: "ada", bundle: ada.bundle.encoded, vault: null, used: 0, quota: 10, created: 1,
};
const signedIn = (csrf: string | null): Uint8Array =>
  stringify(ENDPOINTS.me.gives!.write({ account, session: SESSION, csrf, token: null, device: null }));
const problem = (code: string, status: number): Saying => ({
  status, body: JSON.stringify({ code, title: "A sentence.", status, request_id: "x" }), headers: { "Content-Type": "application/problem+json" },
});

test("what sign-in gives is shown again with every change, and not with reading", async () => {
  const api = new Api(base);
  saying = { status: 200, body: signedIn("the-csrf-value") };
  const given = await api.call("login", { body: { name: "Ada", auth: randomBytes(32), keep: "cookie", label: "here" } });
  expect(given.account).toEqual(account);
  expect(api.csrf).toBe("the-csrf-value");
  saying = { status: 204 };
  expect(await api.call("change_vault", { body: { auth: randomBytes(32), vault: null } })).toBeUndefined();
  saying = { status: 200, body: signedIn("the-csrf-value") };
  await api.call("me", {});
  expect(heard.map(({ method, url }) => `${method} ${url}`)).toEqual([
    "POST /api/v1/login", "POST /api/v1/account/vault", "GET /api/v1/me",
  ]);
  expect(heard.map(({ headers }) => headers["x-csrf-token"])).toEqual([undefined, "the-csrf-value", undefined]);
  expect(heard[1]?.headers["content-type"]).toBe("application/json");
  saying = { status: 204 };
  await api.call("logout", { body: {} });
  expect(api.csrf).toBeNull();
});

test("a path's parts are escaped, a query is added, a change names what it was made on", async () => {
  const api = new Api(base);
  saying = { status: 204 };
  await api.call("revoke", { file: SESSION, name: "ada/../o'neil?", body: { access: null } });
  saying = { status: 200, body: JSON.stringify({ files: [], next: null }) };
  await api.call("files", { query: { limit: 5, cursor: null } });
  saying = { status: 204 };
  await api.call("store_book", { body: { counter: 3, book: randomBytes(5) }, ifMatch: 2 });
  expect(heard.map(({ url }) => url)).toEqual([
    `/api/v1/files/${SESSION}/recipients/ada%2F..%2Fo'neil%3F`, "/api/v1/files?limit=5", "/api/v1/contacts",
  ]);
  expect(heard[2]?.headers["if-match"]).toBe('"2"');
  expect(await codeOfPromise(api.call("store_book", { body: { counter: 3, book: null } }))).toBe("usage");
  expect(await codeOfPromise(api.call("user_key", { name: ".." }))).toBe("not_found");
  expect(heard).toHaveLength(3);
});

test.each([
  ["not_found", 404], ["login_failed", 401], ["stale", 412], ["name_malformed", 422], ["quota", 507], ["a_code_of_tomorrow", 409],
])("the refusal %s arrives as itself", async (code, status) => {
  saying = problem(code, status);
  const error = await new Api(base).call("me", {}).catch((one: unknown) => one);
  expect(error).toMatchObject({ code });
  expect((error as Error).message).toMatch(/\.$/);
});

test.each<readonly [string, Saying, string]>([
  ["a page of somebody else's", { status: 502, body: "<html>" }, "not_peerseal"],
  ["another status than agreed", { status: 201, body: "{}" }, "not_peerseal"],
  ["no JSON", { status: 200, body: "hello" }, "malformed"],
  ["a field too many", { status: 200, body: JSON.stringify({ name: "a", bundle: "", more: 1 }) }, "malformed"],
  ["a field missing", { status: 200, body: JSON.stringify({ name: "a" }) }, "malformed"],
  ["a bundle too short", { status: 200, body: JSON.stringify({ name: "a", bundle: "AAAA" }) }, "malformed"],
  ["more than an answer may have", { status: 200, body: " ".repeat(70_000) }, "malformed"],
  ["a way elsewhere", { status: 302, headers: { Location: "/elsewhere" } }, "server_unreachable"],
])("%s is no answer", async (_, said, code) => {
  saying = said;
  expect(await codeOfPromise(new Api(base).call("user_key", { name: "ada" }))).toBe(code);
});

test("a proxy that takes nothing so large is said to be that", async () => {
  saying = { status: 413, body: "<html>" };
  const error = await new Api(base).call("me", {}).catch((one: unknown) => one);
  expect(error).toMatchObject({ code: "not_peerseal", message: expect.stringContaining("of this size"), hint: expect.stringContaining("client_max_body_size") });
});

test("a server that says nothing, and one that is not there", async () => {
  saying = { status: 200, silent: true };
  expect(await codeOfPromise(new Api(base).call("me", { within: 50 }))).toBe("server_silent");
  const end = new AbortController();
  const waiting = new Api(base).call("me", { signal: end.signal });
  end.abort(new Error("no longer wanted"));
  await expect(waiting).rejects.toThrow("no longer wanted");
  expect(await codeOfPromise(new Api("http://127.0.0.1:9/").call("me", {}))).toBe("server_unreachable");
});

test("news are asked for from where they ended", async () => {
  saying = { status: 200, body: JSON.stringify({ at: 7, changed: ["files"] }) };
  expect(await new Api(base).news(6, 99)).toEqual({ at: 7, changed: ["files"] });
  await new Api(base).news(null, 0);
  expect(heard.map(({ url }) => url)).toEqual(["/api/v1/news?after=6&wait=20", "/api/v1/news?wait=0"]);
});
