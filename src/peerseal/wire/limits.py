"""Every size, count and time both sides share; `docs/wire.md` and `docs/protocol.md` say where each comes from."""

from __future__ import annotations

from typing import Final

KIB: Final = 1024
MIB: Final = 1024 * KIB

# --- JSON texts ---
JSON_MAX_BYTES: Final = 64 * KIB
JSON_MAX_DEPTH: Final = 8
JSON_MAX_VALUES: Final = 20_000  # of a body of the JSON API
INTEGER_MAX: Final = 2**53 - 1

# --- ids (bytes) ---
ID_BYTES: Final = 16
ROOM_TOKEN_BYTES: Final = 16
STREAM_ID_BYTES: Final = 8
TICKET_BYTES: Final = 32

# --- meeting ---
NAME_MAX_CHARACTERS: Final = 200
SIGNAL_MAX_BYTES: Final = 40_000
NAMEPLATE_MAX_DIGITS: Final = 9
REQUESTS_OUT_MAX: Final = 5
REQUESTS_IN_MAX: Final = 40
REQUEST_SECONDS: Final = 60
LOBBY_MAX_PEERS: Final = 2_000
PRESENCE_INTERVAL_SECONDS: Final = 0.25
HEARTBEAT_SECONDS: Final = 10
SILENCE_SECONDS: Final = 25
JOIN_WITHIN_SECONDS: Final = 10
VIOLATIONS_PER_MINUTE: Final = 10
RENDEZVOUS_BYTES: Final = 16
RENDEZVOUS_PER_CONNECTION: Final = 8
RENDEZVOUS_WAITING_PER_SOURCE: Final = 256
ICE_URLS_MAX: Final = 8
ICE_URL_MAX_CHARACTERS: Final = 300
ICE_CREDENTIAL_SECONDS: Final = 3600

# --- code mode ---
CODE_SECONDS: Final = 3600
CLAIMS_PER_MINUTE_PER_SOURCE: Final = 30
CLAIMS_PER_MINUTE_IN_ALL: Final = 600

# --- HTTP, when WebSocket is blocked ---
HTTP_SESSION_SECONDS: Final = 30
HTTP_WAIT_MAX_SECONDS: Final = 20
HTTP_OPEN_EXCHANGES_MAX: Final = 2
HTTP_PIECE_MAX_BYTES: Final = 1_000_000

# --- carrying ---
TICKET_SECONDS: Final = 60
RELAY_WAIT_SECONDS: Final = 30
RELAY_STREAM_MAX_BYTES: Final = MIB
RELAY_FRAME_MAX_BYTES: Final = MIB

# --- records and their frames ---
RECORD_SIZE_MIN: Final = 64
RECORD_SIZE_MAX: Final = MIB
RECORD_SIZE: Final = 512 * KIB
MANIFEST_RECORD_SIZE_MAX: Final = 64 * KIB
RECORD_OVERHEAD: Final = 28  # IV(12) ‖ Tag(16)
RECORDS_MAX: Final = 2**32
FRAME_HEADER_BYTES: Final = 16

# --- control messages ---
CONTROL_MAX_BYTES: Final = 32 * KIB
MESSAGE_MAX_CHARACTERS: Final = 200
PREVIEW_MAX_ENTRIES: Final = 50
PREVIEW_MAX_BYTES: Final = 16 * KIB
PING_SECONDS: Final = 5
CONFIRMATION_SECONDS: Final = 10
TRANSFERS_MAX: Final = 100
MARKS_HASH_BYTES: Final = 32

# --- direct paths ---
HERE_BYTES: Final = 16
DIRECT_PORT_MIN: Final = 1024
PORT_MAX: Final = 65_535
ADDRESSES_MAX: Final = 8
ADDRESS_MAX_CHARACTERS: Final = 45
CANDIDATES_PER_TRANSFER: Final = 4
DESCRIPTIONS_PER_TRANSFER: Final = 4
ICE_PER_TRANSFER: Final = 8
ICE_CANDIDATES_MAX: Final = 16
ICE_PRIORITY_MAX: Final = 2**32 - 1

# --- manifests and paths ---
ENTRIES_MAX: Final = 1_000_000
FOLDERS_MAX: Final = 100_000
ENTRY_BODY_MAX_BYTES: Final = 64 * KIB
MANIFEST_MAX_BYTES: Final = 256 * MIB
MEDIA_TYPE_MAX_BYTES: Final = 127
PATH_MAX_BYTES: Final = 4096
PATH_MAX_COMPONENTS: Final = 64
COMPONENT_MAX_BYTES: Final = 255

# --- names of the carriers ---
MEET_SUBPROTOCOL: Final = "peerseal.meet.1"
RELAY_SUBPROTOCOL: Final = "peerseal.relay.1"
TICKET_SUBPROTOCOL_PREFIX: Final = "ticket."
RELAY_UPGRADE: Final = "peerseal-relay"
MEET_PATH: Final = "/api/v1/meet"
EXCHANGE_PATH: Final = "/api/v1/meet/exchange"
RELAY_PATH: Final = "/api/v1/relay"
HEALTH_PATH: Final = "/api/v1/health"
LIVE_PATH: Final = "/api/v1/health/live"
READY_PATH: Final = "/api/v1/health/ready"
INFO_PATH: Final = "/api/v1/info"
#: The status for who asks by a name that is not the server's (RFC 9110 §15.5.20).
MISDIRECTED: Final = 421
RELAY_CUT_CLOSE_CODE: Final = 4001

# --- identities and accounts ---
FINGERPRINT_BYTES: Final = 32
BUNDLE_BYTES: Final = 1520
SIGNATURE_BYTES: Final = 64
ROOT_BYTES: Final = 32
ACCOUNT_NAME_MAX_CHARACTERS: Final = 64
SALT_BYTES: Final = 16
SERVER_ID_BYTES: Final = 16
AUTH_BYTES: Final = 32
VAULT_BYTES: Final = 93
CHALLENGE_BYTES: Final = 32
CHALLENGE_SECONDS: Final = 300
ARGON2_MEMORY_KIB: Final = 65_536
ARGON2_MEMORY_MAX_KIB: Final = 1_048_576
ARGON2_PASSES: Final = 3
ARGON2_PASSES_MAX: Final = 10
ARGON2_LANES: Final = 1
ARGON2_LANES_MAX: Final = 4
LABEL_MAX_CHARACTERS: Final = 100
BOOK_PLAINTEXT_MAX_BYTES: Final = 4 * MIB
BOOK_MAX_BYTES: Final = BOOK_PLAINTEXT_MAX_BYTES + KIB

# --- stored files ---
RECORDS_PER_CHUNK: Final = 16
WRAP_BYTES: Final = 1181
OWN_WRAP_BYTES: Final = 61
LINK_WRAP_BYTES: Final = 60
LINK_SECRET_BYTES: Final = 92  # secret ‖ m, sealed for the owner
LINK_TOKEN_BYTES: Final = 32
CARD_MAX_BYTES: Final = 4 * KIB
OPENING_MAX_BYTES: Final = 512
CLOSING_MAX_BYTES: Final = 512
ACCESS_MAX_BYTES: Final = 16 * KIB
RECIPIENTS_MAX: Final = 256
LINKS_MAX: Final = 64
PAGE_MAX_ITEMS: Final = 200
STORE_TICKET_SECONDS: Final = 900
CHUNK_WAIT_SECONDS: Final = 20
FILES_JSON_MAX_BYTES: Final = MIB

# --- parks ---
PARK_TOKEN_BYTES: Final = 32
PARK_CLOSING_BYTES: Final = 124  # IV ‖ Tag ‖ LP of two hashes and two counts
PARK_READERS_MAX: Final = 64

# --- addresses of the API that are not Flask's ---
CHUNKS_PATH: Final = "/api/v1/chunks"
NEWS_PATH: Final = "/api/v1/news"
