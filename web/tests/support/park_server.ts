/** A server's parks in memory, behind `fetch`: honest, but answers may be lost, or never come (docs/api.md §6). */
import { randomBytes, sha256 } from "../../src/crypto_engine.ts";
import { ENDPOINTS, type Endpoint } from "../../src/wire/api.ts";
import { base64urlEncode, sameBytes, type Bytes } from "../../src/wire/encoding.ts";
import type { NewPark, ParkSizes, ParkToken } from "../../src/wire/parks.ts";
import { parse, stringify } from "../../src/wire/strict_json.ts";

type Name = "new_park" | "park_ticket" | "commit_park" | "park" | "end_park" | "parked" | "parked_ticket" | "parked_done";
/** What becomes of a request: it is not heard, or acted upon, and its answer comes, is lost or never comes. */
export type Fate = "unheard" | "comes" | "lost" | "never";

interface Kept {
  readonly plan: NewPark;
  readonly chunks: Map<string, Bytes>;
  readonly done: Set<string>;
  whole: boolean;
}

const NAMES: readonly Name[] = ["new_park", "park_ticket", "commit_park", "park", "end_park", "parked", "parked_ticket", "parked_done"];
const GONE = 2_000_000_000_000;

export class ParkServer {
  readonly base = "http://park.test/";
  /** What was asked, in order; chunks as "PUT content/0". */
  readonly asked: string[] = [];
  /** What becomes of this, which is asked so many times by now. */
  fate: (asked: string, times: number) => Fate | Promise<Fate> = () => "comes";
  private readonly parks = new Map<string, Kept>();
  private readonly tickets = new Map<string, string>();

  /** Parks that are there. */
  get there(): number {
    return this.parks.size;
  }

  /** The time of everything here is over. */
  forgets(): void {
    this.parks.clear();
  }

  readonly fetch = async (address: URL, request: RequestInit): Promise<Response> => {
    request.signal?.throwIfAborted();
    const path = address.pathname.replace("/api/v1", "");
    const chunk = /^\/chunks\/(\w+\/\d+)$/.exec(path)?.[1];
    const asked = chunk === undefined ? NAMES.find((name) => pattern(name).test(path))! : `${request.method!} ${chunk}`;
    this.asked.push(asked);
    const fate = await this.fate(asked, this.asked.filter((one) => one === asked).length);
    if (fate === "unheard") throw new TypeError("fetch failed");
    const response = chunk === undefined ? await this.api(asked as Name, path, request) : await this.chunk(chunk, request);
    if (fate === "lost") throw new TypeError("fetch failed");
    if (fate === "never") await new Promise((_, reject) => request.signal?.addEventListener("abort", () => { reject(request.signal!.reason as Error); }));
    return response;
  };

  private async api(name: Name, path: string, { body }: RequestInit): Promise<Response> {
    const endpoint = ENDPOINTS[name] as unknown as Endpoint;
    const fields = endpoint.takes!.read(parse(body as Bytes));
    const given = await this.act(name, pattern(name).exec(path)![1] ?? "", fields);
    if (given === "not_found" || given === "exists") return problem(given === "exists" ? 409 : 404, given);
    const content = endpoint.gives === null ? null : stringify(endpoint.gives.write(given));
    return new Response(content, { status: endpoint.status });
  }

  private async act(name: Name, id: string, fields: unknown): Promise<unknown> {
    if (name === "new_park") return this.make(fields as NewPark);
    const [park, kept] = (name.startsWith("parked") ? this.ofReader(id) : [id, this.parks.get(id)]) as [string, Kept | undefined];
    if (kept === undefined || !(await proves(kept, id, (fields as ParkToken).token))) return "not_found";
    const { plan, done, whole } = kept;
    const state = whole ? "complete" : "arriving";
    switch (name) {
      case "park":
        return shown(kept);
      case "commit_park":
        kept.whole = true;
        this.forgetIfDone(park, kept);
        return { ...shown(kept), manifestBytes: (fields as ParkSizes).manifestBytes };
      case "end_park":
        return void this.parks.delete(park);
      case "parked":
        return { ...plan, state, expires: GONE, closing: null };
      case "parked_done":
        done.add(id);
        return void this.forgetIfDone(park, kept);
      default:
        return this.ticket(park);
    }
  }

  private make(plan: NewPark): unknown {
    if (plan.readers.some(({ reader }) => this.ofReader(reader)[1] !== undefined)) return "exists";
    this.parks.set(plan.park, { plan, chunks: new Map(), done: new Set(), whole: false });
    return this.ticket(plan.park);
  }

  private ticket(park: string): unknown {
    const ticket = base64urlEncode(randomBytes(32));
    this.tickets.set(ticket, park);
    return { ticket, expires: GONE };
  }

  private ofReader(reader: string): readonly [string, Kept | undefined] {
    for (const [id, kept] of this.parks) if (kept.plan.readers.some((one) => one.reader === reader)) return [id, kept];
    return ["", undefined];
  }

  private forgetIfDone(park: string, { plan, done, whole }: Kept): void {
    if (whole && plan.readers.every(({ reader }) => done.has(reader))) this.parks.delete(park);
  }

  private async chunk(name: string, { method, headers, body }: RequestInit): Promise<Response> {
    const ticket = new Headers(headers).get("Authorization")?.replace("Ticket ", "") ?? "";
    const kept = this.parks.get(this.tickets.get(ticket) ?? "");
    if (kept === undefined) return problem(404, "not_found");
    if (method === "PUT") {
      kept.chunks.set(name, (body as Bytes).slice());
      return new Response(null, { status: 201 });
    }
    const chunk = kept.chunks.get(name);
    if (chunk !== undefined) return new Response(chunk, { status: 200, headers: { "Content-Length": String(chunk.length) } });
    await new Promise((resolve) => setTimeout(resolve, 5));
    return new Response(null, { status: 204 });
  }
}

function pattern(name: Name): RegExp {
  return new RegExp(`^${ENDPOINTS[name].path.replace(/\{\w+\}/, "(\\w+)")}$`);
}

async function proves({ plan }: Kept, id: string, token: Bytes): Promise<boolean> {
  const hash = await sha256(token);
  return sameBytes(plan.readers.find(({ reader }) => reader === id)?.token ?? plan.upload, hash);
}

function shown({ plan, done, whole }: Kept): Record<string, unknown> {
  const readers = plan.readers.map(({ reader }) => ({ reader, done: done.has(reader) }));
  return { ...plan, state: whole ? "complete" : "arriving", expires: GONE, manifest: [], content: [], readers };
}

function problem(status: number, code: string): Response {
  return new Response(JSON.stringify({ code, title: code, status }), { status });
}
