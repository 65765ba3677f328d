/** A case of vectors/*.json as a runner sees it. Knows nothing of Node or of a page. */
import { FileKey } from "../src/crypto_engine.ts";
import { hexDecode, type Bytes } from "../src/wire/encoding.ts";

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type Fields = { [key: string]: Json };

export interface VectorCase {
  readonly id: string;
  readonly why: string;
  readonly op: string;
  readonly in: Fields;
  readonly expect: string;
  readonly out?: Fields;
}
export interface VectorFile {
  readonly file: string;
  readonly cases: readonly VectorCase[];
  readonly [shared: string]: unknown;
}

export class Input {
  readonly fields: Fields;

  constructor(fields: Fields) {
    this.fields = fields;
  }

  get(name: string): Json {
    const value = this.fields[name];
    if (value === undefined) throw new Error(`the case has no ${name}`);
    return value;
  }
  text(name: string): string {
    return this.get(name) as string;
  }
  number(name: string): number {
    return this.get(name) as number;
  }
  bytes(name: string): Bytes {
    return hexDecode(this.text(name));
  }
  list<T extends Json>(name: string): T[] {
    return this.get(name) as T[];
  }
  fileKey(): readonly [FileKey, Bytes, number] {
    return [new FileKey(this.bytes("key")), this.bytes("id"), this.number("version")];
  }
}

/** Does what a case says and fills `out` as things come out, so that a failure leaves what came before it. */
export type Run = (input: Input, out: Fields, file: VectorFile) => Promise<void> | void;

/** JSON with sorted keys. */
export function canonical(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const keys = Object.keys(value).sort();
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonical(value[key] ?? null)}`).join(",")}}`;
}
