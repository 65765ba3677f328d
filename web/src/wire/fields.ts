/** What one field of a JSON body may hold: read strictly, and written back. Twin of wire/fields.py. */
import { base64urlDecode, base64urlEncode, isId, malformed, type Bytes } from "./encoding.ts";
import { INTEGER_MAX } from "./limits.ts";
import { hasLoneSurrogate, isObject, type JsonObject, type JsonValue } from "./strict_json.ts";

/** Reads a JSON value into what a program uses (`malformed` otherwise) and writes it back. */
export interface Field<T> {
  read(value: JsonValue): T;
  write(value: T): JsonValue;
}

/** A string of `least` to `most` characters (code points). */
export function text(least: number, most: number): Field<string> {
  return plain((value) => {
    if (typeof value !== "string" || value.length > 2 * most) throw malformed("not a text of the right length");
    const length = Array.from(value).length;
    if (length < least || length > most || hasLoneSurrogate(value)) throw malformed("not a text of the right length");
    return value;
  });
}

/** One of a few words. */
export function oneOf<const T extends string>(...choices: readonly T[]): Field<T> {
  return plain((value) => {
    const found = choices.find((choice) => choice === value);
    if (found === undefined) throw malformed("an unknown word");
    return found;
  });
}

/** A whole number within bounds, both included. */
export function integer(least: number, most = INTEGER_MAX): Field<number> {
  return plain((value) => {
    if (typeof value !== "number" || !Number.isSafeInteger(value) || value < least || value > most) {
      throw malformed(`not an integer from ${least} to ${most}`);
    }
    return value;
  });
}

/** A byte string of `least` to `most` bytes, as base64url. */
export function octets(least: number, most = least): Field<Bytes> {
  return {
    read(value) {
      if (typeof value !== "string" || value.length > Math.ceil((most * 4) / 3)) throw malformed("not base64url of the right length");
      const bytes = base64urlDecode(value);
      if (bytes.length < least) throw malformed(`${bytes.length} bytes where ${least} to ${most} belong`);
      return bytes;
    },
    write: base64urlEncode,
  };
}

/** `length` bytes as base64url, kept as text because nobody looks inside. */
export function token(length: number): Field<string> {
  return plain((value) => {
    if (typeof value !== "string") throw malformed("not base64url");
    base64urlDecode(value, length);
    return value;
  });
}

/** What `field` holds, or null. */
export function nullable<T>(field: Field<T>): Field<T | null> {
  return {
    read: (value) => (value === null ? null : field.read(value)),
    write: (value) => (value === null ? null : field.write(value)),
  };
}

/** A list of what `field` holds, at most `most`. */
export function array<T>(field: Field<T>, most = Infinity): Field<readonly T[]> {
  return {
    read(value) {
      if (!Array.isArray(value) || value.length > most) throw malformed("not a list, or too long");
      return value.map((item) => field.read(item));
    },
    write: (items) => items.map((item) => field.write(item)),
  };
}

/** An object of exactly these fields, `recordSize` here standing for `record_size` there. */
export function record<T extends object>(fields: { readonly [Key in keyof T]-?: Field<T[Key]> }): Field<T> {
  const keys = Object.keys(fields) as (keyof T & string)[];
  return {
    read(value) {
      if (!isObject(value) || Object.keys(value).length !== keys.length) throw malformed("unknown or missing fields");
      const made: Partial<T> = {};
      for (const key of keys) {
        const given = value[wireName(key)];
        if (given === undefined) throw malformed("unknown or missing fields");
        made[key] = fields[key].read(given);
      }
      return made as T;
    },
    write(item) {
      const object: JsonObject = {};
      for (const key of keys) object[wireName(key)] = fields[key].write(item[key]);
      return object;
    },
  };
}

function wireName(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function plain<T extends JsonValue>(read: (value: JsonValue) => T): Field<T> {
  return { read, write: (value) => value };
}

export const BOOLEAN: Field<boolean> = plain((value) => {
  if (typeof value !== "boolean") throw malformed("not true or false");
  return value;
});

/** 32 lower-case hex digits. */
export const ID: Field<string> = plain((value) => {
  if (typeof value !== "string" || !isId(value)) throw malformed("not an id");
  return value;
});
