/** The one door to the cryptography: everything above imports from here and from nowhere below. */
export { RECORD_OVERHEAD } from "./wire/limits.ts";
export { solveChallenge } from "./crypto/challenge.ts";
export { Code, checkStrength, codeGenerator, newCode, parseCode } from "./crypto/code.ts";
export { DH_BYTES, DH_EXPONENT_BYTES, DH_GENERATOR, dhPublic, dhPublicBlinded, dhShared, dhSharedBlinded, exponentOf, newExponent } from "./crypto/dh14.ts";
export {
  FILE_KEY_BYTES,
  FileKey,
  checkCommitment,
  commitment,
  fileContext,
  newFileId,
  newFileKey,
  recordKey,
} from "./crypto/file_key.ts";
export {
  Bundle,
  Identity,
  Root,
  SharedSecret,
  checkBundleForm,
  compareBytes,
  fingerprintOf,
  joinSigned,
  newRoot,
  safetyNumber,
  safetyQr,
  splitSigned,
  type SignatureKind,
} from "./crypto/identity.ts";
export { EMPTY, Prk, join, kdf, lp, readLp, readU32, readU64, u32, u64, u8, writeU64, type Label } from "./crypto/kdf.ts";
export { LEAF_BYTES, Leaves, rootOfLeaves } from "./crypto/leaves.ts";
export {
  checkLinkOwner,
  linkKeys,
  linkKeysOf,
  linkText,
  newLinkSecret,
  parseFragment,
  readLink,
  tokenHash,
  unwrapForLink,
  wrapForLink,
  type Fragment,
  type LinkKeys,
  type LinkParts,
} from "./crypto/link.ts";
export { MARK_BYTES, MarkCheck, Marks, markHolds } from "./crypto/marks.ts";
export { MNEMONIC_WORDS, rootOf, wordsOf } from "./crypto/mnemonic.ts";
export { ParkSecret, parkSecret, type ParkClosing } from "./crypto/park.ts";
export {
  ARGON2_COST,
  argon2OfPassword,
  canonicalName,
  checkCost,
  newSalt,
  passwordKeys,
  recoveryBody,
  stretch,
  type PasswordKeys,
  type Progress,
} from "./crypto/password.ts";
export {
  KEM_CIPHERTEXT_BYTES,
  KEM_PUBLIC_BYTES,
  KEM_SEED_BYTES,
  TAG_BYTES,
  X25519_BYTES,
  aesGcm,
  argon2id,
  cryptography,
  ed25519Public,
  ed25519Sign,
  ed25519Verify,
  equalInConstantTime,
  hmacSha256,
  kemDecapsulate,
  kemEncapsulate,
  kemKeys,
  randomBytes,
  sha256,
  x25519Public,
  x25519Shared,
  type Aead,
  type Argon2Cost,
  type KemKeys,
  type Randomness,
} from "./crypto/primitives.ts";
export { RecordOpener, RecordSealer, SPARE_BYTES, streamRecordSize } from "./crypto/record.ts";
export { ResumeSecret, resumeRoom } from "./crypto/resume.ts";
export {
  NO_BOOK,
  openBook,
  openCard,
  openLinkSecret,
  openUnder,
  sealBook,
  sealCard,
  sealLinkSecret,
  sealUnder,
  type OpenedBook,
} from "./crypto/sealed.ts";
export { Secret } from "./crypto/secret.ts";
export { identityOfAccount, openVault, sealVault } from "./crypto/vault.ts";
export { unwrap, unwrapOwn, wrap, wrapOwn } from "./crypto/wrap.ts";
export { CHECK_WORD_BYTES, checkWordIndices, checkWords } from "./crypto/words.ts";
export { wordList } from "./crypto/word_list.ts";
