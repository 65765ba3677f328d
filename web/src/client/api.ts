/** The JSON API of the server (docs/api.md), typed by its table. Works in a page and in a worker of it. */
import { NotFound, PeersealError, Refused, ServerUnreachable, TimedOut, UsageError, failure, isKnownCode } from "../errors.ts";
import { ENDPOINTS, type Asked, type Endpoint, type EndpointName, type Given } from "../wire/api.ts";
import { malformed, type Bytes } from "../wire/encoding.ts";
import { API_PATH, CHUNK_WAIT_SECONDS, JSON_MAX_BYTES, NEWS_PATH } from "../wire/limits.ts";
import type { Challenge, Pass } from "../wire/challenge.ts";
import { NEWS, type News } from "../wire/stored.ts";
import { parse, parseObject, stringify } from "../wire/strict_json.ts";
import { PASS_HEADER, pay, stopped, wantsPass, type Paying, type Toll } from "./challenge.ts";

/** How long a server may take for an answer. */
export const ANSWER_MILLISECONDS = 30_000;

/** Beside what an endpoint needs: the number the change was made on, an end to the waiting. */
export interface CallOptions {
  readonly ifMatch?: number;
  readonly signal?: AbortSignal;
  readonly within?: number; // milliseconds
}

/** How a page asks: `fetch` of its own. */
export type Fetch = (address: URL, request: RequestInit) => Promise<Response>;

interface Request {
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body: Bytes | null;
}

export class Api {
  readonly #base: string;
  readonly #fetch: Fetch;
  readonly #paying: Paying;
  #csrf: string | null = null;
  #pass: string | null = null;

  /** `base` is the page's address, ending in "/"; `paying` is told while the server's challenge is solved. */
  constructor(base: string, fetching: Fetch = (address, request) => fetch(address, request), paying: Paying = () => undefined) {
    this.#base = base;
    this.#fetch = fetching;
    this.#paying = paying;
  }

  /** What the server wants to see again with every change; sign-in and `me` give it. Null: not signed in. */
  get csrf(): string | null {
    return this.#csrf;
  }

  /** Takes what another of these, in the page or its worker, was given. */
  useCsrf(csrf: string | null): void {
    this.#csrf = csrf;
  }

  /**
   * Calls one endpoint. Raises the error of the server's code, `ServerUnreachable`, `TimedOut` of code
   * "server_silent", or `malformed` for an answer that is none.
   */
  async call<Name extends EndpointName>(name: Name, asked: Asked<Name> & CallOptions): Promise<Given<Name>> {
    const endpoint = ENDPOINTS[name] as unknown as Endpoint;
    const fields = asked as CallOptions & { readonly body?: unknown; readonly query?: Readonly<Record<string, string | number | null>> };
    const address = this.#address(API_PATH + fillPath(endpoint.path, asked as Readonly<Record<string, unknown>>), fields.query ?? {});
    const response = await this.#ask(address, this.#request(endpoint, fields.body, fields.ifMatch), endpoint, fields);
    if (name === "logout" || name === "delete_account") this.#csrf = null;
    return response as Given<Name>;
  }

  /** What changed since `after` (null: only the present number); waits up to `wait` seconds for it. */
  async news(after: number | null, wait: number, signal?: AbortSignal): Promise<News> {
    const address = this.#address(NEWS_PATH, { after, wait: Math.min(wait, CHUNK_WAIT_SECONDS) });
    const reading = { gives: NEWS, status: 200, most: JSON_MAX_BYTES };
    const request = { method: "GET", headers: {}, body: null };
    const options = { within: ANSWER_MILLISECONDS + wait * 1000, ...(signal === undefined ? {} : { signal }) };
    return (await this.#ask(address, request, reading, options)) as News;
  }

  /** Solves the server's challenge if it would refuse a request now; for what asks in another way than this. */
  async payIfNeeded(): Promise<void> {
    const asked = await this.#toll.challenge();
    if (asked.needed) this.#pass = await pay(this.#toll, asked, this.#paying);
  }

  #address(path: string, query: Readonly<Record<string, string | number | null>>): URL {
    const address = new URL(path.slice(1), this.#base);
    for (const [key, value] of Object.entries(query)) if (value !== null) address.searchParams.set(key, String(value));
    return address;
  }

  #request({ method, takes, ifMatch: needed }: Endpoint, body: unknown, ifMatch?: number): Request {
    const headers: Record<string, string> = {};
    if (method !== "GET" && this.#csrf !== null) headers["X-CSRF-Token"] = this.#csrf;
    if (needed && ifMatch === undefined) throw new UsageError("this change needs the number it was made on");
    if (ifMatch !== undefined) headers["If-Match"] = `"${ifMatch}"`;
    if (takes === null) return { method, headers, body: null };
    headers["Content-Type"] = "application/json";
    return { method, headers, body: stringify(takes.write(body)) };
  }

  /** One request, once more with a pass if the server wants its challenge solved first. */
  async #ask(address: URL, request: Request, endpoint: Reading, options: CallOptions): Promise<unknown> {
    try {
      return await this.#once(address, request, endpoint, options);
    } catch (error) {
      if (!wantsPass(error)) throw error;
    }
    this.#pass = await pay(this.#toll, await this.#toll.challenge(), this.#paying);
    return this.#once(address, request, endpoint, options);
  }

  get #toll(): Toll {
    const { challenge, solve_challenge: solving } = ENDPOINTS;
    return {
      challenge: async () => (await this.#once(this.#address(API_PATH + challenge.path, {}), this.#request(challenge as Endpoint, null), challenge, {})) as Challenge,
      solve: async (solved) => (await this.#once(this.#address(API_PATH + solving.path, {}), this.#request(solving as unknown as Endpoint, solved), solving, {})) as Pass,
    };
  }

  async #once(address: URL, asked: Request, endpoint: Reading, options: CallOptions): Promise<unknown> {
    const request = this.#pass === null ? asked : { ...asked, headers: { ...asked.headers, [PASS_HEADER]: this.#pass } };
    const end = new AbortController();
    const timer = setTimeout(() => {
      end.abort(silent());
    }, options.within ?? ANSWER_MILLISECONDS);
    const stop = (): void => {
      end.abort(options.signal?.reason);
    };
    if (options.signal?.aborted === true) stop();
    options.signal?.addEventListener("abort", stop);
    let answer: Answer;
    try {
      const response = await this.#fetch(address, {
        ...request, credentials: "same-origin", cache: "no-store", redirect: "error", signal: end.signal,
      });
      answer = { status: response.status, headers: response.headers, body: await readBody(response, endpoint.most) };
    } catch (error) {
      if (end.signal.aborted) throw end.signal.reason;
      throw error instanceof PeersealError ? error : new ServerUnreachable("The server does not answer.", { retryable: true });
    } finally {
      clearTimeout(timer);
      options.signal?.removeEventListener("abort", stop);
    }
    const value = readAnswer(answer, endpoint);
    if (isSignedIn(value)) this.#csrf = value.csrf;
    return value;
  }
}

type Reading = Pick<Endpoint, "gives" | "status" | "most">;

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Bytes;
}

function fillPath(path: string, parts: Readonly<Record<string, unknown>>): string {
  return path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const part = String(parts[name]);
    // A part that a browser reads as a step in the path would ask for another address.
    if (part === "" || part === "." || part === "..") throw failure("not_found");
    return encodeURIComponent(part);
  });
}

async function readBody(response: Response, most: number): Promise<Bytes> {
  if (Number(response.headers.get("Content-Length") ?? 0) > most) throw malformed("an answer that is too long");
  const body = new Uint8Array(await response.arrayBuffer());
  if (body.length > most) throw malformed("an answer that is too long");
  return body;
}

function readAnswer({ status, headers, body }: Answer, { gives, status: expected, most }: Reading): unknown {
  if (status !== expected) throw refusal(status, body, headers.get("Retry-After"));
  return gives === null ? undefined : gives.read(parse(body, most));
}

/** The error of `application/problem+json`, in the page's own words where it has some. */
export function refusal(status: number, body: Bytes, retryAfter: string | null): PeersealError {
  const { code, title } = problemIn(body);
  if (code === null && status === 413) {
    const hint = "Whoever runs the server raises the limit of the proxy before it, in nginx with client_max_body_size 0.";
    return new ServerUnreachable("Something on the way to the server takes nothing of this size.", { code: "not_peerseal", hint });
  }
  if (code === null) {
    return new ServerUnreachable("What answers at the server's address is not Peerseal.", { code: "not_peerseal", retryable: status >= 500 });
  }
  if (code === "blocked" || code === "wait" || code === "challenge") return stopped(code, wholeSeconds(retryAfter));
  if (isKnownCode(code)) return failure(code);
  const said = { code, retryable: retryAfter !== null };
  return status === 404 ? new NotFound(title, said) : new Refused(title, said);
}

function problemIn(body: Bytes): { readonly code: string | null; readonly title: string } {
  try {
    const { code, title } = parseObject(body);
    if (typeof code !== "string" || !/^[a-z_]{1,64}$/.test(code)) return { code: null, title: "" };
    return { code, title: typeof title === "string" ? title.slice(0, 200) : "" };
  } catch {
    return { code: null, title: "" };
  }
}

function wholeSeconds(text: string | null): number | null {
  return text !== null && /^\d{1,6}$/.test(text) ? Number(text) : null;
}

function silent(): TimedOut {
  return new TimedOut("The server did not answer in time.", { code: "server_silent", retryable: true });
}

function isSignedIn(value: unknown): value is { readonly csrf: string | null } {
  return typeof value === "object" && value !== null && "csrf" in value && "account" in value;
}
