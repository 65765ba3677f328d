/** How the vectors about going on after a break and about parks are run. */
import { Marks, ParkSecret, ResumeSecret, join, markHolds, parkSecret, resumeRoom } from "../src/crypto_engine.ts";
import { hexDecode, hexEncode } from "../src/wire/encoding.ts";
import type { StreamName } from "../src/wire/frames.ts";
import type { Input, Run } from "./vector_case.ts";

export const OF_BREAKS: Readonly<Record<string, Run>> = {
  "marks/hash": async (i, out) => {
    const [manifest, content] = (["manifest", "content"] as const).map((stream) => i.list<string>(stream).map(hexDecode));
    const marks = await marksOf(manifest ?? [], content ?? []).hash(i.number("manifest_count"), i.number("content_count"));
    out["marks"] = hexEncode(marks);
  },
  "marks/holds": async (i, out) => {
    const [key, id, version] = i.fileKey();
    const [stream, index, final] = [i.text("stream") as StreamName, i.number("index"), i.get("final") === true];
    out["holds"] = await markHolds(key, stream, id, version, index, final, i.bytes("mark"), i.bytes("plaintext"));
  },
  "marks/resume_room": async (i, out) => {
    out["room"] = hexEncode(await resumeRoom(new ResumeSecret(i.bytes("resume"))));
  },
  "park/secret": async (i, out) => {
    const park = await parkSecret(i.bytes("exported"), i.bytes("id"), i.number("version"));
    out["secret"] = hexEncode(park.reveal());
    out["reader"] = hexEncode(park.reader);
    out["token"] = hexEncode(park.token);
  },
  "park/open_closing": async (i, out) => {
    const park = await parkOf(i);
    const closing = await park.openClosing(i.bytes("closing"));
    out["manifest_hash"] = hexEncode(closing.manifestHash);
    out["root"] = hexEncode(closing.root);
    out["manifest_records"] = closing.manifestRecords;
    out["content_records"] = closing.contentRecords;
    // What was opened, sealed with the same IV, is the same again.
    const again = await park.sealClosing(closing, () => i.bytes("closing").slice(0, 12));
    if (hexEncode(again) !== i.text("closing")) throw new Error("the closing is sealed in another way");
  },
};

function marksOf(manifest: readonly Uint8Array[], content: readonly Uint8Array[]): Marks {
  const marks = new Marks(join(...manifest));
  content.forEach((mark, index) => {
    marks.put("content", index, mark);
  });
  return marks;
}

function parkOf(i: Input): Promise<ParkSecret> {
  return ParkSecret.of(i.bytes("secret"), i.bytes("id"), i.number("version"));
}
