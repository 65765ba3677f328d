/** How the vectors about file keys, records, manifests, paths and frames are run. */
import { RecordOpener, SPARE_BYTES, checkCommitment, commitment, join, recordKey } from "../src/crypto_engine.ts";
import type { Offer } from "../src/protocol/control.ts";
import { ManifestReader } from "../src/protocol/manifest.ts";
import { readPath } from "../src/protocol/paths.ts";
import { hexDecode, hexEncode } from "../src/wire/encoding.ts";
import { FrameReader, readFrameHeader, type StreamName } from "../src/wire/frames.ts";
import { FRAME_HEADER_BYTES } from "../src/wire/limits.ts";
import type { Fields, Input, Run } from "./vector_case.ts";

export const OF_FILES: Readonly<Record<string, Run>> = {
  "file_key/commitment": async (i, out) => {
    out["commitment"] = hexEncode(await commitment(...i.fileKey()));
  },
  "file_key/record_key": async (i, out) => {
    const [key, id, version] = i.fileKey();
    out["bytes"] = hexEncode(await recordKey(key, i.text("stream") as StreamName, id, version));
  },
  "file_key/check": (i) => checkCommitment(...i.fileKey(), i.bytes("commitment")),
  "record/open": openRecords,
  "paths/check": (i, out) => {
    out["components"] = readPath(i.bytes("path")).split("/");
  },
  "manifest/read": readManifest,
  "manifest/offer": readManifest,
  "frames/header": (i, out) => {
    const bytes = i.bytes("header");
    const { length, stream, final, index } = readFrameHeader(bytes);
    // Which lengths are allowed is the frame reader's to say; one case is one header, whatever its index.
    const frames = new FrameReader(i.number("record_size"));
    frames.allowContent();
    frames.accept(join(bytes.subarray(0, 8), new Uint8Array(8)));
    Object.assign(out, { length, stream, final, index });
  },
  "frames/path": readPathFrames,
  "stream/receive": receiveStream,
};

async function openRecords(i: Input, out: Fields): Promise<void> {
  const [key, id, version] = i.fileKey();
  const opener = await RecordOpener.create(key, i.text("stream") as StreamName, id, version, i.number("record_size"));
  let released = "";
  out["plaintext"] = released;
  for (const { index, final, record } of i.list<{ index: number; final: boolean; record: string }>("records")) {
    const bytes = hexDecode(record);
    const plaintext = await opener.open(index, final, join(bytes, new Uint8Array(SPARE_BYTES)), bytes.length);
    out["plaintext"] = released += hexEncode(plaintext);
  }
}

async function readManifest(i: Input, out: Fields): Promise<void> {
  const reader = new ManifestReader(i.number("record_size"));
  const records = i.list<string>("records").map(hexDecode);
  records.forEach((record, index) => reader.feed(index, record, index === records.length - 1));
  if ("offer" in i.fields) reader.checkOffer(i.get("offer") as unknown as Offer);
  if (i.get("content_length") !== null) reader.check(i.number("content_length"));
  out["open"] = reader.open;
  out["head_records"] = reader.headRecords;
  out["entries"] = reader.entries.map(({ mediaType, ...entry }) => ({ ...entry, media_type: mediaType }));
}

function readPathFrames(i: Input, out: Fields): void {
  const ended = i.list<StreamName>("ended");
  const frames = new FrameReader(i.number("record_size"), i.number("manifest"), i.number("content"), ended);
  if (i.get("head") === true) frames.allowContent();
  for (const header of i.list<string>("headers")) frames.accept(hexDecode(header));
  out["ended"] = frames.ended;
}

async function receiveStream(i: Input, out: Fields): Promise<void> {
  const [key, id, version] = i.fileKey();
  const recordSize = i.number("record_size");
  const openers: Record<StreamName, RecordOpener> = {
    manifest: await RecordOpener.create(key, "manifest", id, version, recordSize),
    content: await RecordOpener.create(key, "content", id, version, recordSize),
  };
  const frames = new FrameReader(recordSize);
  const manifest = new ManifestReader(recordSize);
  const released: Record<StreamName, string> = { manifest: "", content: "" };
  Object.assign(out, released);
  const bytes = i.bytes("bytes");
  for (let at = 0; at < bytes.length; ) {
    const head = bytes.slice(at, at + FRAME_HEADER_BYTES);
    if (head.length < FRAME_HEADER_BYTES && !frames.ended) return frames.end();
    const { stream, final, index, length } = frames.accept(head);
    at += FRAME_HEADER_BYTES;
    if (at + length > bytes.length) return openers[stream].finish();
    const record = join(bytes.subarray(at, at + length), new Uint8Array(SPARE_BYTES));
    const plaintext = await openers[stream].open(index, final, record, length);
    released[stream] += hexEncode(plaintext);
    Object.assign(out, released);
    if (stream === "manifest") manifest.feed(index, plaintext, final);
    else manifest.place(plaintext.length);
    if (manifest.headComplete) frames.allowContent();
    at += length;
  }
  frames.end();
  manifest.check(released.content.length / 2);
}
