/** Secret bytes that show themselves to nobody but the caller of `reveal`: not in logs, not in JSON, not by inspection. */
import { malformed, type Bytes } from "../wire/encoding.ts";

export class Secret {
  readonly #name: string;
  readonly #bytes: Bytes;

  /** `malformed` unless there are `length` bytes. */
  constructor(name: string, bytes: Uint8Array, length: number) {
    if (bytes.length !== length) throw malformed(`${name} has ${length} bytes`);
    this.#name = name;
    this.#bytes = new Uint8Array(bytes);
  }

  /** The bytes themselves, in memory of their own. */
  reveal(): Bytes {
    return this.#bytes.slice();
  }

  toString(): string {
    return `${this.#name}(…)`;
  }

  toJSON(): string {
    return this.toString();
  }
}
