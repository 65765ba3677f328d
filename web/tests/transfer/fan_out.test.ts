/** One file for several receivers: what one of them does with its own place on the server is no matter of the others. */
import { afterEach, expect, test, vi } from "vitest";
import { ParkSecret, randomBytes } from "../../src/crypto_engine.ts";
import { Interrupted } from "../../src/errors.ts";
import { fileSource } from "../../src/files/source.ts";
import type { Session } from "../../src/protocol/session.ts";
import { FanOut, Share } from "../../src/transfer/fan_out.ts";
import { Ledger, type Line } from "../../src/transfer/ledger.ts";
import type { Passage } from "../../src/transfer/passage.ts";
import { base64urlEncode, hexEncode } from "../../src/wire/encoding.ts";

interface NewReader {
  readonly reader: string;
}
interface Asked {
  readonly readers?: readonly NewReader[];
  readonly reader?: NewReader | string;
  readonly manifest_bytes?: number;
  readonly content_bytes?: number;
}

/** As much of a server as a sender of a park asks: it knows readers, keeps closings, ends what is ended. */
class Parks {
  readonly readers = new Set<string>();
  readonly closed = new Set<string>();
  made = 0;
  ended = 0;

  readonly fetch = async (address: URL, request: RequestInit): Promise<Response> => {
    await Promise.resolve();
    if (request.method === "PUT") return new Response(null, { status: 201 });
    const asked = JSON.parse(new TextDecoder().decode(request.body as Uint8Array)) as Asked;
    switch (address.pathname.split("/").at(-1)) {
      case "parks": return this.make(asked);
      case "readers": return this.add([asked.reader as NewReader]) ? new Response(null, { status: 204 }) : problem(409, "exists");
      case "closing":
        if (!this.readers.has(asked.reader as string)) return problem(404, "not_found");
        this.closed.add(asked.reader as string);
        return new Response(null, { status: 204 });
      case "end":
        this.ended++;
        return new Response(null, { status: 204 });
      default: return json(200, {
        state: "complete", expires: 1, manifest_bytes: asked.manifest_bytes ?? 45, content_bytes: asked.content_bytes ?? 45, manifest: [], content: [],
        readers: [...this.readers].map((reader) => ({ reader, done: false })),
      });
    }
  };

  private make(asked: Asked): Response {
    if (!this.add(asked.readers ?? [])) return problem(409, "exists");
    this.made++;
    return json(201, { ticket: base64urlEncode(randomBytes(32)), expires: 1 });
  }

  /** False if one of them is a reader of something else. */
  private add(readers: readonly NewReader[]): boolean {
    if (readers.some(({ reader }) => squatted.has(reader))) return false;
    for (const { reader } of readers) this.readers.add(reader);
    return true;
  }
}

const squatted = new Set<string>();
const json = (status: number, body: unknown): Response => new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/json" } });
const problem = (status: number, code: string): Response =>
  new Response(JSON.stringify({ code, title: code, status, type: "about:blank" }), { status, headers: { "Content-Type": "application/problem+json" } });

function opened(): { fan: FanOut; line: Line; parks: Parks } {
  const parks = new Parks();
  vi.stubGlobal("fetch", parks.fetch);
  const line = new Ledger(() => undefined, () => undefined).open({
    id: "one", direction: "send", peer: { id: "", tag: "", name: "Bob", role: "receiver", account: null }, verified: true, phase: "queued",
    title: "one", fileCount: 1, total: 1, text: null,
  });
  const source = fileSource([{ path: "one", file: new File(["1"], "one") }]);
  return { fan: new FanOut(line, source, "http://park.test/", 3), line, parks };
}

/** A receiver who says yes; `squats`: and has parked something under its own id before. What it was told, and its id. */
async function comes(fan: FanOut, squats = false): Promise<{ got: boolean; told: readonly string[]; reader: string }> {
  const secret = await ParkSecret.of(randomBytes(32), fan.sealing.id, 1);
  const reader = hexEncode(secret.reader);
  if (squats) squatted.add(reader);
  const told: string[] = [];
  const say = (what: string) => (): Promise<void> => (told.push(what), Promise.resolve());
  const session = { offer: say("offer"), fileKey: say("key"), path: say("path"), cancel: say("cancel") } as unknown as Session;
  const passage = { step: (step: (session: Session) => Promise<void>) => step(session), parkSecret: () => Promise.resolve(secret) } as unknown as Passage;
  const share = new Share();
  share.answer.resolve(true);
  return { got: await fan.give(passage, share), told, reader };
}

afterEach(() => {
  vi.unstubAllGlobals();
  squatted.clear();
});

test.each(["first", "later"])("who squats its own place, %s, gets nothing, and the others everything", async (when) => {
  const { fan, line, parks } = opened();
  const before = when === "later" ? [await comes(fan)] : [];
  const squatter = await comes(fan, true);
  expect(squatter).toMatchObject({ got: false, told: ["offer", "cancel"] });
  const honest = [...before, await comes(fan), await comes(fan)];
  for (const { got, told } of honest) expect([got, told]).toEqual([true, ["offer", "key", "path"]]);
  await vi.waitFor(() => {
    expect(line.snapshot.phase).toBe("parked");
    for (const { reader } of honest) expect(parks.closed).toContain(reader);
  });
  expect([parks.made, parks.ended]).toEqual([1, 0]);
  fan.stop(new Interrupted("It is over.", { code: "cancelled" }));
});
