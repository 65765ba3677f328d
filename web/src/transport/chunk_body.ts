/** The body of an answer that is a chunk, read into a buffer that is used again, where the browser can do that. */
import { malformed, type Bytes } from "../wire/encoding.ts";
import { lost, type Within } from "./within.ts";

/** A chunk as it came: `length` bytes at the start of `buffer`, which is the room that was given, or stands for it. */
export interface Came {
  readonly buffer: ArrayBuffer;
  readonly length: number;
}

/** The body, in `room` from its start. */
export async function readChunk(response: Response, room: ArrayBuffer, within: Within): Promise<Came> {
  const length = Number(response.headers.get("Content-Length") ?? NaN);
  if (response.body === null || !(length <= room.byteLength)) throw malformed("a part of a wrong length");
  const came = await readByob(response.body, room, within) ?? (await readPieces(response.body, room, within));
  if (came.length !== length) throw lost();
  return came;
}

async function readByob(body: ReadableStream<Bytes>, room: ArrayBuffer, within: Within): Promise<Came | null> {
  const reader = byobReader(body);
  if (reader === null) return null;
  let [buffer, length] = [room, 0];
  for (;;) {
    // A full room can still take the end of the stream, but not by a view of nothing.
    if (length === buffer.byteLength) return { buffer, length };
    const { done, value } = await reader.read(new Uint8Array(buffer, length));
    within.moved();
    if (value === undefined) throw lost();
    buffer = value.buffer;
    length += value.byteLength;
    if (done) return { buffer, length };
  }
}

function byobReader(body: ReadableStream<Bytes>): ReadableStreamBYOBReader | null {
  try {
    return body.getReader({ mode: "byob" });
  } catch {
    return null; // not every browser's answers can do that
  }
}

async function readPieces(body: ReadableStream<Bytes>, room: ArrayBuffer, within: Within): Promise<Came> {
  const into = new Uint8Array(room);
  const reader = body.getReader();
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    within.moved();
    if (done) return { buffer: room, length };
    if (length + value.length > into.length) throw malformed("a part of a wrong length");
    into.set(value, length);
    length += value.length;
  }
}
