/** Codes people read to each other, `7-harbor-velvet`, and the DH generator made from one (protocol.md §3, §6). */
import { UsageError } from "../errors.ts";
import { utf8, type Bytes } from "../wire/encoding.ts";
import { NAMEPLATE_MAX_DIGITS } from "../wire/limits.ts";
import { DH_PRIME, toNumber } from "./dh14.ts";
import { kdf } from "./kdf.ts";
import { randomBytes, type Randomness } from "./primitives.ts";
import { WORDS_IN_LIST, wordList } from "./word_list.ts";

const WORDS_MAX_BYTES = 200;
const CODE = new RegExp(`^([1-9][0-9]{0,${NAMEPLATE_MAX_DIGITS - 1}})-([a-z0-9](?:[a-z0-9-]*[a-z0-9])?)$`);
// White space as Python's str.strip sees it: JavaScript's own also takes the byte order mark and misses five controls.
const SPACE = "[\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]+";
const EDGES = new RegExp(`^${SPACE}|${SPACE}$`, "gu");

/** The nameplate tells the server who meets whom; the words are the secret and never leave the two clients. */
export class Code {
  readonly nameplate: string; // 1 to 9 digits
  readonly #words: string;

  constructor(nameplate: string, words: string) {
    this.nameplate = nameplate;
    this.#words = words;
  }

  /** The secret part, ASCII, 1 to 200 characters. */
  get words(): string {
    return this.#words;
  }

  /** The whole code, for the eyes of its owner. */
  text(): string {
    return `${this.nameplate}-${this.#words}`;
  }

  toString(): string {
    return `Code(${this.nameplate}-…)`;
  }

  toJSON(): string {
    return this.toString();
  }
}

/** The code `text` spells, however it was typed; `code_malformed` otherwise. */
export function parseCode(text: string): Code {
  const normal = text.normalize("NFKC").toLowerCase().normalize("NFKC").replace(EDGES, "").replace(/[ _-]+/g, "-");
  const [, nameplate, words] = CODE.exec(normal) ?? [];
  if (nameplate === undefined || words === undefined || words.length > WORDS_MAX_BYTES || normal.endsWith("\n")) {
    throw codeMalformed("a code is a number and words, such as 7-harbor-velvet");
  }
  return new Code(nameplate, words);
}

/** A code of `count` random words, 11 bits each. */
export async function newCode(nameplate: string, count = 2, random: Randomness = randomBytes): Promise<Code> {
  const list = await wordList();
  const words = Array.from({ length: count }, () => {
    const [high = 0, low = 0] = random(2);
    return list[((high << 8) | low) % WORDS_IN_LIST]; // 2048 divides 65 536: no word is likelier
  });
  return parseCode(`${nameplate}-${words.join("-")}`);
}

/** Refuses a chosen code that is easily guessed: two listed words, or 10 characters with 5 different ones. */
export async function checkStrength(code: Code): Promise<void> {
  const list = new Set(await wordList());
  const listed = code.words.split("-").filter((word) => list.has(word)).length;
  const various = code.words.length >= 10 && new Set(code.words).size >= 5;
  if (listed < 2 && !various) throw codeMalformed("this code is too easy to guess: use two words or more");
}

/** The group 14 generator both sides get from one code in one room; 0 and 1 are `code_malformed`. */
export async function codeGenerator(code: Code, room: Bytes): Promise<bigint> {
  const seed = await kdf(utf8(code.words), utf8(code.nameplate), "code-generator", room, 272);
  const root = toNumber(seed) % DH_PRIME;
  const generator = (root * root) % DH_PRIME;
  if (generator < 2n) throw codeMalformed("this code cannot be used: take another");
  return generator;
}

function codeMalformed(message: string): UsageError {
  return new UsageError(message, { code: "code_malformed" });
}
