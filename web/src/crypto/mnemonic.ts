/** A root as 24 words to write down (protocol.md §9): BIP-39 English, 256 bits and 8 bits of checksum. */
import { failure } from "../errors.ts";
import { type Bytes } from "../wire/encoding.ts";
import { ROOT_BYTES } from "../wire/limits.ts";
import { Root } from "./identity.ts";
import { join } from "./kdf.ts";
import { equalInConstantTime, sha256 } from "./primitives.ts";
import { BITS_PER_WORD, wordList } from "./word_list.ts";

export const MNEMONIC_WORDS = 24;
const MASK = (1n << BigInt(BITS_PER_WORD)) - 1n;
// Every other space has become one of these, or stays and is no letter of any word.
const SPACES = /[\t-\r ]+/;

/** The 24 words of a root, in order. As secret as the root. */
export async function wordsOf(root: Root): Promise<readonly string[]> {
  const list = await wordList();
  const entropy = root.reveal();
  let bits = 0n;
  for (const byte of join(entropy, await checksum(entropy))) bits = (bits << 8n) | BigInt(byte);
  return Array.from({ length: MNEMONIC_WORDS }, (_, at) => {
    const index = (bits >> BigInt(BITS_PER_WORD * (MNEMONIC_WORDS - 1 - at))) & MASK;
    return list[Number(index)] ?? "";
  });
}

/** The root `text` spells, however it was typed; `words_malformed` otherwise. */
export async function rootOf(text: string): Promise<Root> {
  const normal = text.normalize("NFKC").toLowerCase().normalize("NFKC");
  const words = normal.split(SPACES).filter((word) => word !== "");
  if (words.length !== MNEMONIC_WORDS) throw failure("words_malformed");
  const list = await wordList();
  let bits = 0n;
  for (const word of words) {
    const index = list.indexOf(word);
    if (index < 0) throw failure("words_malformed");
    bits = (bits << BigInt(BITS_PER_WORD)) | BigInt(index);
  }
  const entropy = new Uint8Array(ROOT_BYTES);
  for (let at = 0; at < ROOT_BYTES; at++) entropy[at] = Number((bits >> BigInt(8 * (ROOT_BYTES - at))) & 255n);
  if (!equalInConstantTime(await checksum(entropy), Uint8Array.of(Number(bits & 255n)))) throw failure("words_malformed");
  return new Root(entropy);
}

async function checksum(entropy: Bytes): Promise<Bytes> {
  return (await sha256(entropy)).slice(0, 1);
}
