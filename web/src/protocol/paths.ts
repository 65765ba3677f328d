/** Which paths may stand on the wire at all (protocol.md §4.3). How one lands on a disk is not decided here. */
import { IntegrityFailed } from "../errors.ts";
import { utf8 } from "../wire/encoding.ts";
import { COMPONENT_MAX_BYTES, PATH_MAX_BYTES, PATH_MAX_COMPONENTS } from "../wire/limits.ts";
import { decodeUtf8, hasLoneSurrogate } from "../wire/strict_json.ts";

const FORBIDDEN = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\\]/;
const DOTS = /^(?:\.|%2e){1,2}$/i;
const DRIVE = /^[A-Za-z]:/;

/** The components of a legal path; anything else raises `unsafe_name`. */
export function checkPath(path: string): readonly string[] {
  if (hasLoneSurrogate(path) || FORBIDDEN.test(path)) throw unsafe("a character that no name may hold");
  const size = utf8(path).length;
  if (size < 1 || size > PATH_MAX_BYTES) throw unsafe("an empty or far too long name");
  const components = path.split("/");
  if (components.length > PATH_MAX_COMPONENTS) throw unsafe("too many folders in one name");
  for (const component of components) {
    if (component === "" || utf8(component).length > COMPONENT_MAX_BYTES) throw unsafe("an empty or too long part");
    if (DOTS.test(component)) throw unsafe("a name that points elsewhere");
  }
  const first = components[0] ?? "";
  if (first.startsWith("~") || DRIVE.test(first)) throw unsafe("a name that points elsewhere");
  return components;
}

/** A path as it stands in a manifest: UTF-8 bytes, checked. */
export function readPath(encoded: Uint8Array): string {
  let path: string;
  try {
    path = decodeUtf8(encoded);
  } catch {
    throw unsafe("not UTF-8");
  }
  checkPath(path);
  return path;
}

// Never the name itself: it was chosen by somebody else and ends up on screens and in logs.
function unsafe(why: string): IntegrityFailed {
  return new IntegrityFailed(`a file name was refused: ${why}`, { code: "unsafe_name" });
}
