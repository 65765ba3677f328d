/** The challenge as a page pays it: once for each refusal, unseen unless it takes long; and what a stop says. */
import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { Api } from "../../src/client/api.ts";
import { codeOfPromise } from "../support/codes.ts";

interface Heard {
  readonly path: string;
  readonly pass: string | null;
  readonly body: string;
}

/** A page at a server that gives these answers in turn. */
function page(...answers: readonly Response[]) {
  const heard: Heard[] = [];
  const paying: boolean[] = [];
  const left = [...answers];
  const api = new Api(
    "http://server/",
    async (address, request) => {
      const headers = new Headers(request.headers);
      const body = request.body === null || request.body === undefined ? "" : new TextDecoder().decode(request.body as Uint8Array);
      heard.push({ path: `${request.method} ${address.pathname}`, pass: headers.get("Peerseal-Pass"), body });
      const answer = left.shift();
      if (answer === undefined) throw new Error("asked once more than there are answers");
      return answer;
    },
    (under) => void paying.push(under),
  );
  return { api, heard, paying };
}

const no = (status: number, code: string, after?: string): Response =>
  new Response(JSON.stringify({ code, title: "No.", status, request_id: "x" }), { status, headers: after === undefined ? {} : { "Retry-After": after } });
const asked = (needed: boolean, bits = 4): Response =>
  new Response(JSON.stringify({ challenge: "abc", bits, count: 3, expires: 1, needed }));
const pass = (): Response => new Response(JSON.stringify({ pass: "a-pass", expires: 2 }), { status: 201 });
const keys = (): Response => new Response(JSON.stringify({ password: true }));
const LINK = "0".repeat(32);

test("a challenge is solved without asking, and the pass goes along from then on", async () => {
  const { api, heard, paying } = page(no(429, "challenge", "1"), asked(true), pass(), keys(), keys());
  expect(await api.call("link", { link: LINK })).toEqual({ password: true });
  await api.call("link", { link: LINK });
  expect(heard.map(({ path }) => path)).toEqual([
    `GET /api/v1/links/${LINK}`, "GET /api/v1/challenge", "POST /api/v1/challenge", `GET /api/v1/links/${LINK}`, `GET /api/v1/links/${LINK}`,
  ]);
  expect(heard.map((one) => one.pass)).toEqual([null, null, null, "a-pass", "a-pass"]);
  const { challenge, solutions } = JSON.parse(heard[2]?.body ?? "") as { challenge: string; solutions: number[] };
  expect(challenge).toBe("abc");
  expect(solutions).toHaveLength(3);
  for (const [part, number] of solutions.entries()) {
    const hash = createHash("sha256").update(`peerseal challenge/1 abc ${part} ${number}`).digest();
    expect(hash[0]).toBeLessThan(16);
  }
  expect(paying).toEqual([true, false]);
});

test("it is solved once, and then the server is left alone", async () => {
  const { api, heard } = page(no(429, "challenge", "1"), asked(true), pass(), no(429, "challenge", "600"));
  await expect(api.call("link", { link: LINK })).rejects.toMatchObject({ code: "challenge", hint: "Try again in 10 min." });
  expect(heard).toHaveLength(4);
});

test("what others at the same address made too cheap meanwhile is asked for once more, and no further time", async () => {
  const { api, heard } = page(no(429, "challenge"), asked(true), no(409, "spent"), asked(true), pass(), keys());
  expect(await api.call("link", { link: LINK })).toEqual({ password: true });
  expect(heard.map(({ path }) => path).slice(1, 5)).toEqual([
    "GET /api/v1/challenge", "POST /api/v1/challenge", "GET /api/v1/challenge", "POST /api/v1/challenge",
  ]);
  const again = page(no(429, "challenge"), asked(true), no(409, "spent"), asked(true), no(409, "spent"));
  expect(await codeOfPromise(again.api.call("link", { link: LINK }))).toBe("spent");
});

test("what nobody should compute is not computed", async () => {
  const { api, heard, paying } = page(no(429, "challenge"), asked(true, 30));
  expect(await codeOfPromise(api.call("link", { link: LINK }))).toBe("challenge");
  expect(heard).toHaveLength(2);
  expect(paying).toEqual([true, false]);
});

test("before a line is opened, only what would be refused is paid for", async () => {
  const calm = page(asked(false));
  await calm.api.payIfNeeded();
  expect(calm.paying).toEqual([]);
  const under = page(asked(true), pass());
  await under.api.payIfNeeded();
  expect(under.heard.map(({ path }) => path)).toEqual(["GET /api/v1/challenge", "POST /api/v1/challenge"]);
});

test.each([
  ["blocked", 403, "4800", "for 80 min"],
  ["blocked", 403, undefined, "for a few minutes"],
  ["wait", 429, "30", "for 30 s"],
  ["wait", 429, "86400", "for 24 h"],
])("%s (%i) says for how long", async (code, status, after, words) => {
  const { api } = page(no(status, code, after));
  const said = api.call("link", { link: LINK });
  await expect(said).rejects.toMatchObject({ code, retryable: true });
  await expect(said).rejects.toThrow(words);
});
