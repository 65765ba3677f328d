/**
 * A program for tests: the page's cryptography and session, driven from another language over stdin and stdout.
 *
 * One request, one reply: `u32 n ‖ u32 m ‖ n bytes of JSON ‖ m bytes`. Started with `javascript`, it does without
 * WebCrypto, as an insecure page does. Byte strings in the JSON are lower-case hex.
 */
import {
  Bundle,
  FileKey,
  Identity,
  NO_BOOK,
  RecordOpener,
  RecordSealer,
  ResumeSecret,
  Root,
  SPARE_BYTES,
  Secret,
  commitment,
  cryptography,
  join,
  linkKeys,
  openBook,
  openVault,
  parseCode,
  safetyNumber,
  sealBook,
  sealVault,
  unwrap,
  wrap,
  wrapForLink,
  unwrapForLink,
} from "../../src/crypto_engine.ts";
import { PeersealError } from "../../src/errors.ts";
import { AccessList, readAccess } from "../../src/protocol/access.ts";
import { Book } from "../../src/protocol/book.ts";
import { Handshake } from "../../src/protocol/handshake.ts";
import { ManifestReader, ManifestWriter, cut } from "../../src/protocol/manifest.ts";
import { Session } from "../../src/protocol/session.ts";
import { hexDecode, hexEncode, utf8, type Bytes } from "../../src/wire/encoding.ts";
import { FrameReader, frameHeader, type StreamName } from "../../src/wire/frames.ts";
import { FRAME_HEADER_BYTES, RECORD_OVERHEAD, manifestRecordSize } from "../../src/wire/limits.ts";

interface Sealing {
  readonly key: string;
  readonly id: string;
  readonly version: number;
  readonly record_size: number;
  readonly path: string;
}
interface Meeting {
  readonly role: "initiator" | "responder";
  readonly room: string;
  readonly code: string | null;
  readonly resume: string | null;
}
interface Doing {
  readonly what: "where" | "have" | "start" | "receive" | "words_match" | "offer" | "answer" | "file_key" | "path" | "ack" | "done" | "bye";
  readonly id?: string;
  readonly key?: string;
  readonly stream?: string;
  readonly bytes?: number;
  readonly manifest?: number;
  readonly content?: number;
  readonly marks?: string;
  readonly code?: string;
}
/** One person asks what another, whose root it is, makes of their things. */
interface Exchange {
  readonly root: string;
  readonly peer: string; // the asker's bundle
  readonly key: string;
  readonly id: string;
  readonly wrap: string; // by the asker, for this person
  readonly vault: string;
  readonly vault_key: string;
  readonly book: string;
  readonly access: string; // signed by the asker
  readonly link_secret: string;
  readonly link_wrap: string;
}
type Request =
  | ({ readonly op: "person" } & Exchange)
  | ({ readonly op: "seal" | "open" } & Sealing)
  | ({ readonly op: "meet" } & Meeting)
  | ({ readonly op: "session" } & Doing)
  | { readonly op: "cryptography" };
interface Reply {
  readonly head: unknown;
  readonly body: Bytes;
}

const NOTHING = new Uint8Array(0);

/** The whole stream of one file: frames of its manifest, then of its content. */
async function seal(file: Sealing, content: Bytes): Promise<Reply> {
  const writer = new ManifestWriter(false, file.record_size);
  const manifest = writer.entries([{ kind: "file", path: file.path, size: content.length }]);
  const parts = [
    ...(await sealStream("manifest", file, cut(manifest, manifestRecordSize(file.record_size)))),
    ...(await sealStream("content", file, cut(content, file.record_size))),
  ];
  return { head: {}, body: join(...parts) };
}

async function sealStream(stream: StreamName, file: Sealing, plaintexts: readonly Bytes[]): Promise<Bytes[]> {
  const sealer = await RecordSealer.create(new FileKey(hexDecode(file.key)), stream, hexDecode(file.id), file.version, file.record_size);
  const parts: Bytes[] = [];
  for (const [index, plaintext] of plaintexts.entries()) {
    const final = index === plaintexts.length - 1;
    const record = new Uint8Array(plaintext.length + RECORD_OVERHEAD);
    const length = await sealer.sealInto(index, final, plaintext, record);
    parts.push(frameHeader({ length, stream, final, index }), record);
  }
  return parts;
}

async function open(file: Sealing, bytes: Bytes): Promise<Reply> {
  const make = (stream: StreamName): Promise<RecordOpener> =>
    RecordOpener.create(new FileKey(hexDecode(file.key)), stream, hexDecode(file.id), file.version, file.record_size);
  const openers = { manifest: await make("manifest"), content: await make("content") };
  const frames = new FrameReader(file.record_size);
  const manifest = new ManifestReader(file.record_size);
  const content: Bytes[] = [];
  for (let at = 0; at < bytes.length; ) {
    const { stream, final, index, length } = frames.accept(bytes.subarray(at, at + FRAME_HEADER_BYTES));
    at += FRAME_HEADER_BYTES;
    const record = join(bytes.subarray(at, at + length), new Uint8Array(SPARE_BYTES));
    const plaintext = await openers[stream].open(index, final, record, length);
    if (stream === "manifest") manifest.feed(index, plaintext, final);
    else content.push(plaintext);
    if (manifest.headComplete) frames.allowContent();
    at += length;
  }
  frames.end();
  const whole = join(...content);
  manifest.check(whole.length);
  return { head: { paths: manifest.entries.map(({ path }) => path) }, body: whole };
}

function meet({ role, room, code, resume }: Meeting): Session {
  if (resume !== null) return new Session(Handshake[role](hexDecode(room), "resume", new ResumeSecret(hexDecode(resume))));
  const handshake = Handshake[role](hexDecode(room), code === null ? "words" : "code", code === null ? null : parseCode(code));
  return new Session(handshake);
}

async function act(session: Session, doing: Doing, body: Bytes): Promise<readonly unknown[]> {
  const id = hexDecode(doing.id ?? "");
  switch (doing.what) {
    case "start":
      return session.start(0);
    case "receive":
      return session.receive(body, 0);
    case "words_match":
      session.wordsMatch();
      return [];
    case "offer": {
      const key = new FileKey(hexDecode(doing.key ?? ""));
      const preview = [{ path: "a", size: 1, kind: "file" } as const];
      await session.offer({
        type: "offer", id, version: 1, recordSize: 64, commitment: await commitment(key, id, 1),
        files: 1, bytes: 1, open: false, text: false, shared: false, preview,
      });
      return [];
    }
    case "answer":
      await session.answer(id, true);
      return [];
    case "file_key":
      await session.fileKey(id, new FileKey(hexDecode(doing.key ?? "")));
      return [];
    case "path":
      await session.path(id, "relay", hexDecode(doing.stream ?? ""), doing.manifest ?? 0, doing.content ?? 0);
      return [];
    case "where":
      await session.where(id);
      return [];
    case "have":
      await session.have(id, doing.manifest ?? 0, doing.content ?? 0, doing.bytes ?? 0, hexDecode(doing.marks ?? ""));
      return [];
    case "ack":
      await session.ack(id, 1, 1, doing.bytes ?? 0);
      return [];
    case "done":
      await session.done(id);
      return [];
    case "bye":
      await session.bye(doing.code ?? null);
      return [];
  }
}

const VERSION = 7;
const SERVER = new Uint8Array(16).fill(5);

/** Opens everything the asker sealed, and seals the same again for the asker to open. */
async function person(asked: Exchange): Promise<Reply> {
  const [own, peer] = [await Identity.of(new Root(hexDecode(asked.root))), await Bundle.parse(hexDecode(asked.peer))];
  const [id, shared, vaultKey] = [hexDecode(asked.id), await own.pairwise(peer), new Secret("VaultKey", hexDecode(asked.vault_key), 32)];
  const key = await unwrap(hexDecode(asked.wrap), own, shared, peer, id, VERSION);
  const root = await openVault(hexDecode(asked.vault), vaultKey, "ada", SERVER);
  const book = await Book.decode((await openBook(own, hexDecode(asked.book))).plaintext);
  const access = await readAccess(hexDecode(asked.access), peer);
  const link = await linkKeys(hexDecode(asked.link_secret), null, id);
  const linked = await unwrapForLink(hexDecode(asked.link_wrap), link, id, VERSION, peer.fingerprint);
  const head = {
    bundle: own.bundle.encoded,
    safety_number: await safetyNumber(own.fingerprint, peer.fingerprint),
    opened: [key.reveal(), root.reveal(), linked.reveal()],
    contacts: book.contacts.map(({ name }) => name),
    recipients: access.recipients,
    wrap: await wrap(key, own, shared, peer, id, VERSION),
    vault: await sealVault(root, vaultKey, "ada", SERVER),
    book: await sealBook(own, 1, NO_BOOK, book.encode()),
    access: await new AccessList(id, 2, [peer.fingerprint], [id]).sign(own),
    link_wrap: await wrapForLink(linked, link, id, VERSION, own.fingerprint),
  };
  return { head, body: NOTHING };
}

/** JSON with byte strings as hex and errors as their codes. */
function plain(_name: string, value: unknown): unknown {
  if (value instanceof Uint8Array) return hexEncode(value);
  if (value instanceof PeersealError) return value.code;
  return value;
}

async function answer(request: Request, body: Bytes, sessions: Session[]): Promise<Reply> {
  switch (request.op) {
    case "cryptography":
      return { head: { cryptography: cryptography() }, body: NOTHING };
    case "seal":
      return seal(request, body);
    case "open":
      return open(request, body);
    case "person":
      return person(request);
    case "meet":
      sessions.splice(0, 1, meet(request));
      return { head: {}, body: NOTHING };
    case "session": {
      const [session] = sessions;
      if (session === undefined) throw new Error("nobody to meet");
      const events = await act(session, request, body);
      return { head: { events, outbox: session.outbox().map(hexEncode) }, body: NOTHING };
    }
  }
}

async function* requests(): AsyncGenerator<readonly [Request, Bytes]> {
  let pending: Buffer = Buffer.alloc(0);
  let chunks: Buffer[] = [];
  let have = 0;
  let need = 8;
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    have += chunk.length;
    while (have >= need) {
      pending = Buffer.concat(chunks);
      const [head, body] = [pending.readUInt32BE(0), pending.readUInt32BE(4)];
      need = 8 + head + body;
      chunks = [pending];
      if (have < need) break;
      const request = JSON.parse(pending.toString("utf8", 8, 8 + head)) as Request;
      yield [request, new Uint8Array(pending.subarray(8 + head, need))];
      chunks = [pending.subarray(need)];
      have -= need;
      need = 8;
    }
  }
}

function write({ head, body }: Reply): void {
  const text = utf8(JSON.stringify(head, plain));
  const lengths = new Uint8Array(8);
  const view = new DataView(lengths.buffer);
  view.setUint32(0, text.length);
  view.setUint32(4, body.length);
  process.stdout.write(join(lengths, text, body));
}

if (process.argv[2] === "javascript") {
  const real = globalThis.crypto;
  Object.defineProperty(globalThis, "crypto", { value: { getRandomValues: real.getRandomValues.bind(real) } });
}
const sessions: Session[] = [];
for await (const [request, body] of requests()) {
  try {
    write(await answer(request, body, sessions));
  } catch (error) {
    if (!(error instanceof PeersealError)) throw error;
    write({ head: { error: error.code }, body: NOTHING });
  }
}
