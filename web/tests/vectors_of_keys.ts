/** How the vectors about encodings, key agreement, words and codes are run. */
import {
  Code,
  DH_BYTES,
  EMPTY,
  checkStrength,
  checkWords,
  codeGenerator,
  dhPublic,
  dhShared,
  join,
  kdf,
  kemDecapsulate,
  kemEncapsulate,
  kemKeys,
  lp,
  newExponent,
  parseCode,
  sha256,
  wordList,
  x25519Public,
  x25519Shared,
  type Label,
} from "../src/crypto_engine.ts";
import { base64urlDecode, base64urlEncode, hexDecode, hexEncode, isId, malformed, utf8 } from "../src/wire/encoding.ts";
import { parseObject } from "../src/wire/strict_json.ts";
import type { Json, Run } from "./vector_case.ts";

export const OF_KEYS: Readonly<Record<string, Run>> = {
  "encoding/base64url_encode": (i, out) => {
    out["text"] = base64urlEncode(i.bytes("bytes"));
  },
  "encoding/base64url_decode": (i, out) => {
    out["bytes"] = hexEncode(base64urlDecode(i.text("text"), i.get("length") === null ? undefined : i.number("length")));
  },
  "encoding/id": (i) => {
    if (!isId(i.text("text"))) throw malformed("not an id");
  },
  "strict_json/decode": (i, out) => {
    const spaces = new Uint8Array(i.number("append_spaces")).fill(0x20);
    out["value"] = parseObject(join(i.bytes("bytes"), spaces), i.number("limit")) as Json;
  },
  "kdf/lp": (i, out) => {
    out["bytes"] = hexEncode(lp(...i.list<string>("parts").map(hexDecode)));
  },
  "kdf/kdf": async (i, out) => {
    const label = i.text("label") as Label; // whatever a vector calls it
    out["bytes"] = hexEncode(await kdf(i.bytes("ikm"), i.bytes("salt"), label, i.bytes("context"), i.number("length")));
  },
  "dh14/exponent": (i, out) => {
    out["exponent"] = hexEncode(newExponent(() => i.bytes("random")));
  },
  "dh14/public": (i, out) => {
    out["public"] = hexEncode(dhPublic(i.bytes("exponent"), BigInt(`0x${i.text("generator")}`)));
  },
  "dh14/shared": (i, out) => {
    out["secret"] = hexEncode(dhShared(i.bytes("exponent"), i.bytes("public")));
  },
  "x25519/public": async (i, out) => {
    out["public"] = hexEncode(await x25519Public(i.bytes("private")));
  },
  "x25519/shared": async (i, out) => {
    out["secret"] = hexEncode(await x25519Shared(i.bytes("private"), i.bytes("public")));
  },
  "mlkem/public": async (i, out) => {
    out["public"] = hexEncode((await kemKeys(i.bytes("seed"))).publicKey);
  },
  "mlkem/check": async (i) => {
    await kemEncapsulate(i.bytes("public"), new Uint8Array(32));
  },
  "mlkem/encapsulate": async (i, out) => {
    const { ciphertext, secret } = await kemEncapsulate(i.bytes("public"), i.bytes("message"));
    out["ciphertext"] = hexEncode(ciphertext);
    out["secret"] = hexEncode(secret);
  },
  "mlkem/decapsulate": async (i, out) => {
    out["secret"] = hexEncode(await kemDecapsulate(await kemKeys(i.bytes("seed")), i.bytes("ciphertext")));
  },
  "words/list": async (_, out) => {
    const list = await wordList();
    out["count"] = list.length;
    out["sha256"] = hexEncode(await sha256(utf8(list.map((word) => `${word}\n`).join(""))));
    out["first"] = list[0] ?? null;
    out["last"] = list.at(-1) ?? null;
  },
  "words/from_bytes": async (i, out) => {
    out["words"] = [...(await checkWords(i.bytes("bytes")))];
  },
  "words/derive": async (i, out) => {
    out["words"] = [...(await checkWords(await kdf(i.bytes("ikm"), i.bytes("transcript"), "words", EMPTY, 8)))];
  },
  "code/parse": (i, out) => {
    const code = parseCode(i.text("text"));
    out["nameplate"] = code.nameplate;
    out["words"] = code.words;
  },
  "code/strength": (i) => checkStrength(parseCode(i.text("text"))),
  "code/generator": async (i, out) => {
    const generator = await codeGenerator(new Code(i.text("nameplate"), i.text("words")), i.bytes("room"));
    out["generator"] = generator.toString(16).padStart(2 * DH_BYTES, "0");
  },
};
