/**
 * The one JSON decoder: what it accepts has one meaning in every language, and no input can hurt it.
 *
 * UTF-8, no duplicate keys, no floats, integers within ±(2⁵³ − 1), no lone surrogates, bounded size and depth.
 * Everything else is `malformed`. `JSON.parse` is not used: it takes the last of two equal keys and rounds.
 */
import { malformed, utf8, type Bytes } from "./encoding.ts";
import { INTEGER_MAX, JSON_MAX_BYTES, JSON_MAX_DEPTH } from "./limits.ts";

export type JsonValue = null | boolean | number | string | JsonValue[] | JsonObject;
/** Made without a prototype, so a key such as `__proto__` is a key like any other. */
export interface JsonObject {
  [key: string]: JsonValue;
}

/** The JSON object `text` spells; a text of anything else is `malformed`. */
export function parseObject(text: string | Uint8Array, maxBytes = JSON_MAX_BYTES, maxDepth = JSON_MAX_DEPTH): JsonObject {
  const value = parse(text, maxBytes, maxDepth);
  if (!isObject(value)) throw malformed("not a JSON object");
  return value;
}

/** The JSON value `text` spells. An object or array at the top is depth 1. */
export function parse(text: string | Uint8Array, maxBytes = JSON_MAX_BYTES, maxDepth = JSON_MAX_DEPTH): JsonValue {
  if (text.length > maxBytes) throw malformed("too long");
  if (typeof text === "string") {
    if (utf8(text).length > maxBytes) throw malformed("too long");
    return new Reader(text, maxDepth).whole();
  }
  return new Reader(decodeUtf8(text), maxDepth).whole();
}

/** `value` as compact JSON in UTF-8. Numbers that are not safe integers and lone surrogates are `malformed`. */
export function stringify(value: JsonValue): Bytes {
  const text = JSON.stringify(value, (_key, item: unknown) => {
    if (typeof item === "number" && !Number.isSafeInteger(item)) throw malformed("not an integer");
    if (typeof item === "string" && hasLoneSurrogate(item)) throw malformed("lone surrogate");
    return item;
  });
  return utf8(text);
}

export function isObject(value: JsonValue): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function hasLoneSurrogate(text: string): boolean {
  return /\p{Surrogate}/u.test(text);
}

/** The text of strict UTF-8; a byte order mark stays (and is no JSON). */
export function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw malformed("not UTF-8");
  }
}

const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"', "\\": "\\", "/": "/", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t",
};
const NUMBER = /-?(?:0|[1-9][0-9]*)(?![0-9.eE])/y;
const SPACE = /[ \t\n\r]*/y;
const PLAIN = /[^"\\\u0000-\u001f]*/y;
const HEX4 = /[0-9A-Fa-f]{4}/y;

class Reader {
  readonly #text: string;
  #at = 0;
  #depthLeft: number;

  constructor(text: string, maxDepth: number) {
    this.#text = text;
    this.#depthLeft = maxDepth;
  }

  whole(): JsonValue {
    this.#space();
    const value = this.#value();
    this.#space();
    if (this.#at !== this.#text.length) throw malformed("not strict JSON");
    return value;
  }

  #value(): JsonValue {
    switch (this.#text[this.#at]) {
      case "{":
        return this.#nested(() => this.#object());
      case "[":
        return this.#nested(() => this.#array());
      case '"':
        return this.#string();
      case "t":
        return this.#word("true", true);
      case "f":
        return this.#word("false", false);
      case "n":
        return this.#word("null", null);
      default:
        return this.#number();
    }
  }

  #nested<T>(read: () => T): T {
    if (this.#depthLeft === 0) throw malformed("too deep");
    this.#depthLeft--;
    this.#at++;
    this.#space();
    const value = read();
    this.#depthLeft++;
    return value;
  }

  #object(): JsonObject {
    const value = Object.create(null) as JsonObject;
    if (this.#takes("}")) return value;
    do {
      this.#space();
      if (this.#text[this.#at] !== '"') throw malformed("not strict JSON");
      const key = this.#string();
      if (key in value) throw malformed("duplicate key");
      this.#space();
      if (!this.#takes(":")) throw malformed("not strict JSON");
      this.#space();
      value[key] = this.#value();
      this.#space();
    } while (this.#takes(","));
    if (!this.#takes("}")) throw malformed("not strict JSON");
    return value;
  }

  #array(): JsonValue[] {
    const value: JsonValue[] = [];
    if (this.#takes("]")) return value;
    do {
      this.#space();
      value.push(this.#value());
      this.#space();
    } while (this.#takes(","));
    if (!this.#takes("]")) throw malformed("not strict JSON");
    return value;
  }

  #string(): string {
    let value = "";
    this.#at++;
    for (;;) {
      value += this.#match(PLAIN);
      const next = this.#text[this.#at++];
      if (next === '"') break;
      if (next !== "\\") throw malformed("not strict JSON");
      value += this.#escape();
    }
    if (hasLoneSurrogate(value)) throw malformed("lone surrogate");
    return value;
  }

  #escape(): string {
    const letter = this.#text[this.#at++] ?? "";
    if (letter === "u") return String.fromCharCode(parseInt(this.#match(HEX4), 16));
    const plain = Object.hasOwn(ESCAPES, letter) ? ESCAPES[letter] : undefined;
    if (plain === undefined) throw malformed("not strict JSON");
    return plain;
  }

  #number(): number {
    const digits = this.#match(NUMBER);
    const value = Number(digits);
    if (digits.length > 17 || Math.abs(value) > INTEGER_MAX) throw malformed("integer out of range");
    return value === 0 ? 0 : value; // "-0" is 0
  }

  #word<T>(word: string, value: T): T {
    if (!this.#text.startsWith(word, this.#at)) throw malformed("not strict JSON");
    this.#at += word.length;
    return value;
  }

  #takes(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #space(): void {
    this.#match(SPACE);
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    if (found === null) throw malformed("not strict JSON");
    this.#at += found[0].length;
    return found[0];
  }
}
