/** Check words (protocol.md §5.1): the first 44 bits of 8 bytes, as four words both people can read out. */
import { UsageError } from "../errors.ts";
import { BITS_PER_WORD, wordList } from "./word_list.ts";

export const CHECK_WORDS = 4;
export const CHECK_WORD_BYTES = 8;

/** Four words, in order, of 8 derived bytes. */
export async function checkWords(bytes: Uint8Array): Promise<readonly string[]> {
  const list = await wordList();
  return checkWordIndices(bytes).map((index) => list[index] ?? "");
}

/** Four indices of 11 bits, big-endian. */
export function checkWordIndices(bytes: Uint8Array): readonly number[] {
  if (bytes.length !== CHECK_WORD_BYTES) throw new UsageError("check words come from 8 bytes");
  let bits = 0n;
  for (const byte of bytes) bits = (bits << 8n) | BigInt(byte);
  const unused = 8 * CHECK_WORD_BYTES - CHECK_WORDS * BITS_PER_WORD;
  return Array.from({ length: CHECK_WORDS }, (_, at) =>
    Number((bits >> BigInt(unused + BITS_PER_WORD * (CHECK_WORDS - 1 - at))) & 2047n),
  );
}
