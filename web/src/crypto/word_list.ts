/** The BIP-39 English list: 2048 words, each told apart by its first four letters. Loaded on first use. */

export const WORDS_IN_LIST = 2048;
export const BITS_PER_WORD = 11;

export async function wordList(): Promise<readonly string[]> {
  return (await import("@scure/bip39/wordlists/english.js")).wordlist;
}
