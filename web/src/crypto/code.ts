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
// Every other space has become one of these, or stays and is refused.
const EDGES = /^[\t-\r ]+|[\t-\r ]+$/g;

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
  if (nameplate === undefined || words === undefined || words.length > WORDS_MAX_BYTES) {
    throw codeMalformed("this is not a code");
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

/**
 * Refuses a code a person made up that is too easy to guess: `code_malformed`.
 * Two different words of the list, or 10 characters with 5 different ones, not counting `-`.
 */
export async function checkStrength(code: Code): Promise<void> {
  const list = new Set(await wordList());
  const parts = new Set(code.words.split("-"));
  const listed = [...parts].filter((word) => list.has(word)).length;
  const characters = code.words.replaceAll("-", "");
  const various = characters.length >= 10 && new Set(characters).size >= 5;
  if (listed < 2 && !various) throw codeMalformed("this code is too easy to guess");
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
  const hint = "A code looks like 7-harbor-velvet: a number, then words.";
  return new UsageError(message, { code: "code_malformed", hint });
}
