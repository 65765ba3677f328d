/** How one field of a control message is read: strictly, each once (protocol.md §5.2). */
import { base64urlDecode, malformed, type Bytes } from "../wire/encoding.ts";
import { isObject, type JsonObject, type JsonValue } from "../wire/strict_json.ts";

/** Reads each field once, strictly; `end` refuses what nobody asked for. */
export class Fields {
  readonly #value: JsonObject;
  readonly #asked = new Set<string>();

  constructor(value: JsonObject) {
    this.#value = value;
  }

  /** The fields of an object within a message; anything else is `malformed`. */
  static of(value: JsonValue): Fields {
    if (!isObject(value)) throw malformed("not an object");
    return new Fields(value);
  }

  end(): void {
    if (Object.keys(this.#value).some((key) => !this.#asked.has(key))) throw malformed("unknown fields");
  }

  boolean(name: string): boolean {
    const value = this.#get(name);
    if (typeof value !== "boolean") throw malformed(`${name} is not true or false`);
    return value;
  }

  integer(name: string, least: number, most: number = Number.MAX_SAFE_INTEGER): number {
    const value = this.#get(name);
    if (typeof value !== "number" || value < least || value > most) throw malformed(`${name} is not a number in range`);
    return value;
  }

  /** A string of `least` to `most` characters (code points, not UTF-16 units). */
  text(name: string, most: number, least = 0): string {
    const value = this.#get(name);
    if (typeof value !== "string" || value.length < least || (value.length > most && [...value].length > most)) {
      throw malformed(`${name} is not a text of ${least} to ${most} characters`);
    }
    return value;
  }

  octets(name: string, length: number): Bytes {
    return base64urlDecode(this.text(name, 2 * length), length);
  }

  oneOf<T extends string>(name: string, choices: readonly T[]): T {
    const value = choices.find((choice) => choice === this.#get(name));
    if (value === undefined) throw malformed(`${name} is not one of ${choices.join(", ")}`);
    return value;
  }

  list(name: string, least: number, most: number): readonly JsonValue[] {
    const value = this.#get(name);
    if (!Array.isArray(value) || value.length < least || value.length > most) {
      throw malformed(`${name} is not a list of ${least} to ${most}`);
    }
    return value;
  }

  nullable<T>(name: string, read: () => T): T | null {
    return this.#get(name) === null ? null : read();
  }

  #get(name: string): JsonValue {
    this.#asked.add(name);
    const value = this.#value[name];
    if (value === undefined) throw malformed(`${name} is missing`);
    return value;
  }
}
