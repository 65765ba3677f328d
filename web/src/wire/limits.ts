/** Every size, count and time both sides share, as far as the page needs them; docs/wire.md and docs/protocol.md say where each comes from. */

export const KIB = 1024;
export const MIB = 1024 * KIB;

// --- JSON texts ---
export const JSON_MAX_BYTES = 64 * KIB;
export const JSON_MAX_DEPTH = 8;
export const INTEGER_MAX = Number.MAX_SAFE_INTEGER; // 2⁵³ − 1

// --- ids (bytes) ---
export const ID_BYTES = 16;
export const ROOM_TOKEN_BYTES = 16;
export const STREAM_ID_BYTES = 8;
export const TICKET_BYTES = 32;

// --- meeting ---
export const NAME_MAX_CHARACTERS = 200;
export const SIGNAL_MAX_BYTES = 40_000;
export const NAMEPLATE_MAX_DIGITS = 9;
export const SILENCE_SECONDS = 25;
export const RENDEZVOUS_BYTES = 16;
export const ICE_URLS_MAX = 8;
export const ICE_URL_MAX_CHARACTERS = 300;

// --- HTTP, when WebSocket is blocked ---
export const HTTP_PIECE_MAX_BYTES = 1_000_000;

// --- carrying ---
export const RELAY_FRAME_MAX_BYTES = MIB;

// --- records and their frames ---
export const RECORD_SIZE_MIN = 64;
export const RECORD_SIZE_MAX = MIB;
export const RECORD_SIZE = 512 * KIB;
export const MANIFEST_RECORD_SIZE_MAX = 64 * KIB;
export const RECORD_OVERHEAD = 28; // IV(12) ‖ Tag(16)
export const RECORDS_MAX = 2 ** 32;
export const FRAME_HEADER_BYTES = 16;

// --- sessions, control messages, manifests and paths ---
export const PING_SECONDS = 5;
export const CONFIRMATION_SECONDS = 10;
export const TRANSFERS_MAX = 100;
export const CONTROL_MAX_BYTES = 32 * KIB;
export const PREVIEW_MAX_ENTRIES = 50;
export const PREVIEW_MAX_BYTES = 16 * KIB;
export const MESSAGE_MAX_CHARACTERS = 200;
export const MARKS_HASH_BYTES = 32;
export const ENTRIES_MAX = 1_000_000;
export const FOLDERS_MAX = 100_000; // distinct ones, named or implied
export const ENTRY_BODY_MAX_BYTES = 64 * KIB;
export const MANIFEST_MAX_BYTES = 256 * MIB;
export const PATH_MAX_BYTES = 4096;
export const PATH_MAX_COMPONENTS = 64;
export const COMPONENT_MAX_BYTES = 255;
export const MEDIA_TYPE_MAX_BYTES = 127;

// --- direct paths ---
export const DIRECT_PORT_MIN = 1024;
export const PORT_MAX = 65_535;
export const ADDRESS_MAX_CHARACTERS = 45; // of an IP literal
export const ADDRESSES_MAX = 8;
export const HERE_BYTES = 16;
export const CANDIDATES_PER_TRANSFER = 4; // of each side for one transfer in one channel
export const DESCRIPTIONS_PER_TRANSFER = 4;
export const ICE_PER_TRANSFER = 8;
export const ICE_CANDIDATES_MAX = 16; // in one message
export const ICE_PRIORITY_MAX = 2 ** 32 - 1;
export const ICE_UFRAG_MIN_CHARACTERS = 4;
export const ICE_PWD_MIN_CHARACTERS = 22;
export const ICE_TEXT_MAX_CHARACTERS = 256;
export const CERTIFICATE_HASH_BYTES = 32;

// --- identities and accounts ---
export const FINGERPRINT_BYTES = 32;
export const BUNDLE_BYTES = 1520;
export const SIGNATURE_BYTES = 64;
export const ROOT_BYTES = 32;
export const ACCOUNT_NAME_MAX_CHARACTERS = 64;
export const SALT_BYTES = 16;
export const SERVER_ID_BYTES = 16;
export const AUTH_BYTES = 32;
export const VAULT_BYTES = 93;
export const CHALLENGE_BYTES = 32;
export const IDENTITY_SECONDS = 10;
export const ARGON2_MEMORY_KIB = 65_536;
export const ARGON2_MEMORY_MAX_KIB = 1_048_576;
export const ARGON2_PASSES = 3;
export const ARGON2_PASSES_MAX = 10;
export const ARGON2_LANES = 1;
export const ARGON2_LANES_MAX = 4;
export const LABEL_MAX_CHARACTERS = 100;
export const BOOK_PLAINTEXT_MAX_BYTES = 4 * MIB;
export const BOOK_MAX_BYTES = BOOK_PLAINTEXT_MAX_BYTES + KIB;

// --- stored files ---
export const RECORDS_PER_CHUNK = 16;
export const WRAP_BYTES = 1181;
export const OWN_WRAP_BYTES = 61;
export const LINK_WRAP_BYTES = 60;
export const LINK_SECRET_BYTES = 92; // secret ‖ m, sealed for the owner
export const LINK_TOKEN_BYTES = 32;
export const CARD_MAX_BYTES = 4 * KIB;
export const OPENING_MAX_BYTES = 512;
export const CLOSING_MAX_BYTES = 512;
export const ACCESS_MAX_BYTES = 16 * KIB;
export const RECIPIENTS_MAX = 256;
export const LINKS_MAX = 64;
export const PAGE_MAX_ITEMS = 200;
export const STORE_TICKET_SECONDS = 900;
export const CHUNK_WAIT_SECONDS = 20;
export const FILES_JSON_MAX_BYTES = MIB;

// --- parks ---
export const PARK_TOKEN_BYTES = 32;
export const PARK_CLOSING_BYTES = 124; // IV ‖ Tag ‖ LP of two hashes and two counts
export const PARK_READERS_MAX = 64;

// --- addresses of the API beside its table ---
export const API_PATH = "/api/v1";
export const CHUNKS_PATH = "/api/v1/chunks";
export const NEWS_PATH = "/api/v1/news";

// --- names of the carriers ---
export const RELAY_SUBPROTOCOL = "peerseal.relay.1";
export const TICKET_SUBPROTOCOL_PREFIX = "ticket.";
export const RELAY_PATH = "/api/v1/relay";
export const READY_PATH = "/api/v1/health/ready";
export const INFO_PATH = "/api/v1/info";
export const RELAY_CUT_CLOSE_CODE = 4001;

/** Record size of the manifest that belongs to a content record size (protocol.md §4.1). */
export function manifestRecordSize(contentRecordSize: number): number {
  return Math.min(contentRecordSize, MANIFEST_RECORD_SIZE_MAX);
}
