/** A server of contacts and exchanges in a few lines, as one account sees it; a test may make it lie. */
import { Api } from "../../src/client/api.ts";
import { ENDPOINTS, type EndpointName } from "../../src/wire/api.ts";
import type { Exchange, SealedBook } from "../../src/wire/accounts.ts";
import { parse, stringify, type JsonValue } from "../../src/wire/strict_json.ts";

type Answer = readonly [status: number, body: Uint8Array<ArrayBuffer> | string];

export class PeopleServer {
  book: SealedBook = { counter: 0, book: null };
  rows: Exchange[] = [];
  /** Everything asked, as "GET /contacts". */
  readonly asked: string[] = [];
  /** Runs before a book is stored: another device may be quicker. */
  beforeStoring: () => Promise<void> = () => Promise.resolve();
  /** What accepting shows as the asker's keys; null: what the row has. */
  answersWith: Exchange["bundle"] = null;

  readonly api = new Api("http://server.test/", async (address, request) => {
    const path = address.pathname.replace("/api/v1", "");
    this.asked.push(`${request.method ?? "GET"} ${path}`);
    const [status, body] = await this.answer(request.method ?? "GET", path, request);
    return new Response(status === 204 ? null : body, { status });
  });

  private async answer(method: string, path: string, request: RequestInit): Promise<Answer> {
    if (path === "/contacts" && method === "GET") return [200, written("book", this.book)];
    if (path === "/contacts") return this.store(request);
    if (path === "/exchanges" && method === "GET") return [200, written("exchanges", { exchanges: this.rows })];
    const [, , id, verb] = path.split("/");
    const row = this.rows.find((one) => one.id === id);
    if (row === undefined) return refused("not_found", 404);
    if (method === "DELETE") {
      this.rows = this.rows.filter((one) => one !== row);
      return [204, ""];
    }
    const changed: Exchange = { ...row, state: verb === "accept" ? "accepted" : "declined", answered: 2, bundle: this.answersWith ?? row.bundle };
    this.rows = this.rows.map((one) => (one === row ? changed : one));
    return [200, written("accept_exchange", changed)];
  }

  private async store(request: RequestInit): Promise<Answer> {
    await this.beforeStoring();
    const asked = ENDPOINTS.store_book.takes!.read(parse(request.body as Uint8Array<ArrayBuffer>, 2 ** 23));
    const on = new Headers(request.headers).get("If-Match");
    if (on !== `"${String(this.book.counter)}"`) return refused("stale", 412);
    this.book = asked;
    return [204, ""];
  }
}

function written(name: EndpointName, value: unknown): Uint8Array<ArrayBuffer> {
  const field = ENDPOINTS[name].gives as { write(value: unknown): JsonValue } | null;
  return stringify(field!.write(value));
}

function refused(code: string, status: number): Answer {
  return [status, JSON.stringify({ code, title: "No.", status, request_id: "x" })];
}
