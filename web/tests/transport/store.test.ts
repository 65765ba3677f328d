/** Chunks by ticket: what is tried again, what is not, and that buffers come back whole. */
import { describe, expect, test } from "vitest";
import { failure } from "../../src/errors.ts";
import { ChunkStore } from "../../src/transport/store.ts";
import { Tickets } from "../../src/transport/tickets.ts";
import { codeOfPromise } from "../support/codes.ts";

const never = new AbortController().signal;
const chunk = Uint8Array.from({ length: 5000 }, (_, at) => at & 255);

interface Heard {
  readonly address: string;
  readonly ticket: string | null;
  readonly body: BodyInit | null | undefined;
}
type Answer = () => Response | Promise<Response>;

/** A store whose server gives these answers, one after the other; the last one again and again. */
function storeOf(answers: readonly Answer[], { signal = never, patience = 1_000, tickets = ticketsOf("one", "two") } = {}) {
  const heard: Heard[] = [];
  const fetching = async (address: URL, { headers, body, signal: stop }: RequestInit): Promise<Response> => {
    stop?.throwIfAborted();
    heard.push({ address: address.href, ticket: new Headers(headers).get("Authorization"), body });
    return answers[Math.min(heard.length, answers.length) - 1]!();
  };
  return { heard, store: new ChunkStore("http://store.test/below/", tickets, { signal, fetching, patience, pauses: [1] }) };
}

function ticketsOf(...names: readonly string[]): Tickets {
  let next = 0;
  return new Tickets(() => Promise.resolve({ ticket: names[Math.min(next++, names.length - 1)]!, expires: 0 }));
}

const given: Answer = () => new Response(chunk, { status: 200, headers: { "Content-Length": String(chunk.length) } });
const status = (code: number): Answer => () => new Response(null, { status: code });
const refusal = (code: string, at: number): Answer => () => new Response(JSON.stringify({ code, title: "", status: at, request_id: "x" }), { status: at });
const lost: Answer = () => Promise.reject(new TypeError("Failed to fetch"));
const cutOff: Answer = () => new Response(chunk.slice(0, 100), { status: 200, headers: { "Content-Length": String(chunk.length) } });

describe("up", () => {
  test("a chunk goes to its address with its ticket, and is stored by 201 and 200 alike", async () => {
    const { store, heard } = storeOf([status(201), status(200)]);
    await store.put("content", 7, chunk);
    await store.put("manifest", 0, chunk);
    expect(heard.map(({ address }) => address)).toEqual(["http://store.test/below/api/v1/chunks/content/7", "http://store.test/below/api/v1/chunks/manifest/0"]);
    expect(heard[0]).toMatchObject({ ticket: "Ticket one", body: chunk });
  });

  test("a lost connection, a busy server and one that heard too little are tried again", async () => {
    const { store, heard } = storeOf([lost, refusal("busy", 503), status(408), refusal("too_many_requests", 429), status(201)]);
    await store.put("content", 0, chunk);
    expect(heard).toHaveLength(5);
  });

  test("a dead ticket is renewed once", async () => {
    const { store, heard } = storeOf([refusal("ticket", 401), status(201)]);
    await store.put("content", 0, chunk);
    expect(heard.map(({ ticket }) => ticket)).toEqual(["Ticket one", "Ticket two"]);
    const dead = storeOf([refusal("ticket", 401)]);
    expect(await codeOfPromise(dead.store.put("content", 0, chunk))).toBe("ticket");
    expect(dead.heard).toHaveLength(2);
  });

  test.each([["chunk_differs", 409], ["quota", 507], ["disk_full", 507], ["committed", 409], ["not_found", 404]] as const)("%s is final", async (code, at) => {
    const { store, heard } = storeOf([refusal(code, at)]);
    expect(await codeOfPromise(store.put("content", 0, chunk))).toBe(code);
    expect(heard).toHaveLength(1);
  });

  test("the patience ends", async () => {
    const { store, heard } = storeOf([lost], { patience: 50 });
    expect(await codeOfPromise(store.put("content", 0, chunk))).toBe("connection_lost");
    expect(heard.length).toBeGreaterThan(1);
  });

  test("stopping ends it with the caller's reason, also between two tries", async () => {
    const stopping = new AbortController();
    const { store } = storeOf([() => { stopping.abort(failure("conflict")); return lost(); }], { signal: stopping.signal });
    expect(await codeOfPromise(store.put("content", 0, chunk))).toBe("conflict");
  });

  test("a ticket that is refused to who asks for it ends it", async () => {
    const { store } = storeOf([status(201)], { tickets: new Tickets(() => Promise.reject(failure("not_signed_in"))) });
    expect(await codeOfPromise(store.put("content", 0, chunk))).toBe("not_signed_in");
  });
});

describe("down", () => {
  test("a chunk comes at the start of the room", async () => {
    const { store } = storeOf([given]);
    const came = await store.get("content", 0, new ArrayBuffer(8192));
    expect(new Uint8Array(came!.buffer, 0, came!.length)).toEqual(chunk);
    expect(came!.buffer.byteLength).toBe(8192);
  });

  test("a room of exactly its size is enough, a smaller one is not used", async () => {
    const { store } = storeOf([given]);
    const came = await store.get("content", 0, new ArrayBuffer(chunk.length));
    expect(new Uint8Array(came!.buffer)).toEqual(chunk);
    expect(await codeOfPromise(store.get("content", 0, new ArrayBuffer(100)))).toBe("malformed");
  });

  test("a browser without readers into buffers copies", async () => {
    const plain: Answer = () => {
      const body = new ReadableStream({ start(controller) { controller.enqueue(chunk.slice(0, 3000)); controller.enqueue(chunk.slice(3000)); controller.close(); } });
      return new Response(body, { status: 200, headers: { "Content-Length": String(chunk.length) } });
    };
    const { store } = storeOf([plain]);
    const came = await store.get("content", 0, new ArrayBuffer(8192));
    expect(new Uint8Array(came!.buffer, 0, came!.length)).toEqual(chunk);
  });

  test("what is not there yet is nothing, and the room stays the caller's", async () => {
    const { store } = storeOf([status(204)]);
    const room = new ArrayBuffer(8192);
    expect(await store.get("content", 0, room)).toBeNull();
    expect(room.byteLength).toBe(8192);
  });

  test("one that was cut off is fetched again, whole", async () => {
    const { store, heard } = storeOf([cutOff, given]);
    const came = await store.get("content", 0, new ArrayBuffer(8192));
    expect(new Uint8Array(came!.buffer, 0, came!.length)).toEqual(chunk);
    expect(heard).toHaveLength(2);
  });
});
