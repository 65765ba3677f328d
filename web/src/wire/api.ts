/** Every endpoint of the JSON API in one table: what it takes and gives (docs/api.md). Twin of wire/api.py. */
import * as a from "./accounts.ts";
import * as c from "./challenge.ts";
import * as d from "./damage.ts";
import type { Field } from "./fields.ts";
import * as g from "./guard.ts";
import { BOOK_MAX_BYTES, FILES_JSON_MAX_BYTES, JSON_MAX_BYTES } from "./limits.ts";
import * as o from "./operator.ts";
import * as p from "./parks.ts";
import * as r from "./reports.ts";
import * as s from "./stored.ts";

export type Access = "anyone" | "account" | "operator";
export type Method = "GET" | "POST" | "PUT" | "DELETE";

/** The names in `{braces}` of a path. */
type PartsOf<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}` ? Name | PartsOf<Rest> : never;

/** One address and method. `path` is under /api/v1; `takes` and `gives` are null for no body. */
export interface Endpoint<Path extends string = string, Takes = unknown, Gives = unknown, Query extends string = string> {
  readonly method: Method;
  readonly path: Path;
  readonly access: Access;
  readonly takes: Field<Takes> | null;
  readonly gives: Field<Gives> | null;
  readonly status: number;
  readonly ifMatch: boolean;
  readonly query: readonly Query[];
  /** Bytes an answer may have; the requests are as the table of wire/api.py says. */
  readonly most: number;
}

interface More<Query extends string> {
  readonly ifMatch?: boolean;
  readonly query?: readonly Query[];
  readonly most?: number;
}

function endpoint<const Path extends string, Takes = never, Gives = never, const Query extends string = never>(
  method: Method,
  path: Path,
  access: Access,
  takes: Field<Takes> | null,
  gives: Field<Gives> | null,
  status: number,
  { ifMatch = false, query = [], most = JSON_MAX_BYTES }: More<Query> = {},
): Endpoint<Path, Takes, Gives, Query> {
  return { method, path, access, takes, gives, status, ifMatch, query, most };
}

const PAGE = ["cursor", "limit"] as const;
const LISTS = { most: 16 * FILES_JSON_MAX_BYTES };

export const ENDPOINTS = {
  // accounts
  register: endpoint("POST", "/register", "anyone", a.REGISTER, a.REGISTERED, 202),
  login_params: endpoint("POST", "/login/params", "anyone", a.NAMED, a.PASSWORD_PARAMETERS, 200),
  login: endpoint("POST", "/login", "anyone", a.LOGIN, a.SIGNED_IN, 200),
  logout: endpoint("POST", "/logout", "account", a.EMPTY, null, 204),
  me: endpoint("GET", "/me", "account", null, a.SIGNED_IN, 200),
  change_password: endpoint("POST", "/account/password", "account", a.CHANGE_PASSWORD, a.SIGNED_IN, 200),
  change_vault: endpoint("POST", "/account/vault", "account", a.CHANGE_VAULT, null, 204),
  change_identity: endpoint("POST", "/account/identity", "account", a.CHANGE_IDENTITY, null, 204),
  delete_account: endpoint("DELETE", "/account", "account", a.PROOF, null, 204),
  recover_challenge: endpoint("POST", "/recover/challenge", "anyone", a.NAMED, a.CHALLENGE, 200),
  recover: endpoint("POST", "/recover", "anyone", a.RECOVER, null, 204),
  sessions: endpoint("GET", "/sessions", "account", null, a.SESSIONS, 200),
  end_session: endpoint("DELETE", "/sessions/{session}", "account", null, null, 204),
  // contacts and key exchange
  user_key: endpoint("GET", "/users/{name}/key", "account", null, a.PUBLIC_KEYS, 200),
  book: endpoint("GET", "/contacts", "account", null, a.BOOK, 200, { most: 2 * BOOK_MAX_BYTES }),
  store_book: endpoint("PUT", "/contacts", "account", a.BOOK, null, 204, { ifMatch: true, most: 2 * BOOK_MAX_BYTES }),
  exchanges: endpoint("GET", "/exchanges", "account", null, a.EXCHANGES, 200, LISTS),
  ask_exchange: endpoint("POST", "/exchanges", "account", a.ASK_EXCHANGE, a.EXCHANGE, 201),
  accept_exchange: endpoint("POST", "/exchanges/{exchange}/accept", "account", a.ACCEPT_EXCHANGE, a.EXCHANGE, 200),
  decline_exchange: endpoint("POST", "/exchanges/{exchange}/decline", "account", a.EMPTY, a.EXCHANGE, 200),
  withdraw_exchange: endpoint("DELETE", "/exchanges/{exchange}", "account", null, null, 204),
  // stored files
  files: endpoint("GET", "/files", "account", null, s.FILES, 200, { query: PAGE, ...LISTS }),
  new_file: endpoint("POST", "/files", "account", s.NEW_FILE, s.STORE_TICKET, 201, { most: FILES_JSON_MAX_BYTES }),
  file: endpoint("GET", "/files/{file}", "account", null, s.FILE, 200, LISTS),
  change_file: endpoint("PUT", "/files/{file}", "account", s.CHANGE_FILE, s.FILE, 200, { ifMatch: true, ...LISTS }),
  delete_file: endpoint("DELETE", "/files/{file}", "account", null, null, 204),
  versions: endpoint("GET", "/files/{file}/versions", "account", null, s.VERSIONS, 200, { query: PAGE, ...LISTS }),
  new_version: endpoint("POST", "/files/{file}/versions", "account", s.NEW_FILE_VERSION, s.STORE_TICKET, 201, {
    ifMatch: true,
    most: FILES_JSON_MAX_BYTES,
  }),
  delete_version: endpoint("DELETE", "/files/{file}/versions/{version}", "account", null, null, 204),
  share: endpoint("PUT", "/files/{file}/recipients/{name}", "account", s.SHARE, null, 204, { most: FILES_JSON_MAX_BYTES }),
  revoke: endpoint("DELETE", "/files/{file}/recipients/{name}", "account", s.REVOKE, null, 204),
  new_link: endpoint("POST", "/files/{file}/links", "account", s.NEW_LINK, null, 201),
  revoke_link: endpoint("DELETE", "/files/{file}/links/{link}", "account", s.REVOKE, null, 204),
  set_sender: endpoint("POST", "/senders", "account", s.SET_SENDER, null, 204),
  // uploads and their chunks
  upload: endpoint("GET", "/uploads/{upload}", "account", null, s.UPLOAD, 200, LISTS),
  store_ticket: endpoint("POST", "/uploads/{upload}/ticket", "account", s.ASK_STORE_TICKET, s.STORE_TICKET, 200),
  reserve: endpoint("POST", "/uploads/{upload}/reserve", "account", s.RESERVE, null, 204),
  commit: endpoint("POST", "/uploads/{upload}/commit", "account", s.COMMIT, s.FILE, 200, LISTS),
  abandon: endpoint("DELETE", "/uploads/{upload}", "account", null, null, 204),
  // links, for people without an account
  link: endpoint("GET", "/links/{link}", "anyone", null, s.LINK_ASK, 200),
  open_link: endpoint("POST", "/links/{link}/open", "anyone", s.LINK_TOKEN, s.LINK_FILE, 200),
  link_ticket: endpoint("POST", "/links/{link}/ticket", "anyone", s.LINK_TOKEN, s.STORE_TICKET, 200),
  confirm_link: endpoint("POST", "/links/{link}/confirm", "anyone", s.CONFIRM, null, 204),
  // parks, for whoever has their tokens
  new_park: endpoint("POST", "/parks", "anyone", p.NEW_PARK, s.STORE_TICKET, 201),
  park_ticket: endpoint("POST", "/parks/{park}/ticket", "anyone", p.PARK_TOKEN, s.STORE_TICKET, 200),
  add_reader: endpoint("POST", "/parks/{park}/readers", "anyone", p.ADD_READER, null, 204),
  park_closing: endpoint("POST", "/parks/{park}/closing", "anyone", p.PARK_CLOSING, null, 204),
  reserve_park: endpoint("POST", "/parks/{park}/reserve", "anyone", p.PARK_SIZES, null, 204),
  commit_park: endpoint("POST", "/parks/{park}/commit", "anyone", p.PARK_SIZES, p.PARK, 200, LISTS),
  park: endpoint("POST", "/parks/{park}/look", "anyone", p.PARK_TOKEN, p.PARK, 200, LISTS),
  end_park: endpoint("POST", "/parks/{park}/end", "anyone", p.PARK_TOKEN, null, 204),
  parked: endpoint("POST", "/parked/{reader}", "anyone", p.PARK_TOKEN, p.PARKED, 200),
  parked_ticket: endpoint("POST", "/parked/{reader}/ticket", "anyone", p.PARK_TOKEN, s.STORE_TICKET, 200),
  parked_done: endpoint("POST", "/parked/{reader}/done", "anyone", p.PARK_TOKEN, null, 204),
  // the challenge, and a word to the operator
  challenge: endpoint("GET", "/challenge", "anyone", null, c.CHALLENGE, 200),
  solve_challenge: endpoint("POST", "/challenge", "anyone", c.SOLVED, c.PASS, 201),
  report: endpoint("POST", "/report", "anyone", r.REPORT, null, 204),
  // the operator
  operator_page_link: endpoint("POST", "/operator/page-links", "operator", a.EMPTY, o.PAGE_LINK, 201),
  operator_open_page: endpoint("POST", "/operator/session", "anyone", o.OPEN_PAGE, o.OPERATOR_SESSION, 201),
  operator_session: endpoint("GET", "/operator/session", "operator", null, o.OPERATOR_SESSION, 200),
  operator_close_page: endpoint("DELETE", "/operator/session", "operator", null, null, 204),
  operator_overview: endpoint("GET", "/operator/overview", "operator", null, g.OVERVIEW, 200, LISTS),
  operator_standings: endpoint("GET", "/operator/standing", "operator", null, g.STANDINGS, 200, LISTS),
  operator_standing: endpoint("GET", "/operator/standing/{standing}", "operator", null, g.STANDING_WHY, 200, LISTS),
  operator_undo: endpoint("POST", "/operator/standing/{standing}/undo", "operator", a.EMPTY, null, 204),
  operator_allowed: endpoint("GET", "/operator/allow", "operator", null, g.ALLOWED_LIST, 200, LISTS),
  operator_allow: endpoint("POST", "/operator/allow", "operator", g.ALLOW, g.ALLOWED, 201),
  operator_disallow: endpoint("DELETE", "/operator/allow/{allowed}", "operator", null, null, 204),
  operator_mode: endpoint("PUT", "/operator/mode", "operator", g.SET_MODE, null, 204),
  operator_events: endpoint("GET", "/operator/events", "operator", null, g.EVENTS, 200, { query: PAGE, ...LISTS }),
  operator_damage: endpoint("GET", "/operator/damage", "operator", null, d.DAMAGE_LIST, 200, LISTS),
  operator_accounts: endpoint("GET", "/operator/accounts", "operator", null, o.OPERATED_ACCOUNTS, 200, { query: PAGE, ...LISTS }),
  operator_change_account: endpoint("PUT", "/operator/accounts/{name}", "operator", o.CHANGE_OPERATED, o.OPERATED_ACCOUNT, 200),
  operator_invites: endpoint("GET", "/operator/invites", "operator", null, o.INVITES, 200, LISTS),
  operator_invite: endpoint("POST", "/operator/invites", "operator", o.NEW_INVITE, o.MADE_INVITE, 201),
  operator_end_invite: endpoint("DELETE", "/operator/invites/{invite}", "operator", null, null, 204),
  operator_reports: endpoint("GET", "/operator/reports", "operator", null, r.REPORTED_LIST, 200, { query: PAGE, ...LISTS }),
  operator_close_report: endpoint("POST", "/operator/reports/{report}/close", "operator", a.EMPTY, null, 204),
  operator_revoke_reported: endpoint("POST", "/operator/reports/{report}/revoke", "operator", a.EMPTY, null, 204),
};

export type Endpoints = typeof ENDPOINTS;
export type EndpointName = keyof Endpoints;

/** What a call of this endpoint is given back. */
export type Given<Name extends EndpointName> =
  Endpoints[Name] extends Endpoint<string, infer _Takes, infer Gives, string> ? ([Gives] extends [never] ? undefined : Gives) : never;

/** What a call of this endpoint needs: the parts of its path, its body, its If-Match number, its query. */
export type Asked<Name extends EndpointName> =
  Endpoints[Name] extends Endpoint<infer Path, infer Takes, infer _Gives, infer Query>
    ? ([PartsOf<Path>] extends [never] ? object : { readonly [Part in PartsOf<Path>]: string | number }) &
        ([Takes] extends [never] ? object : { readonly body: Takes }) &
        ([Query] extends [never] ? object : { readonly query?: { readonly [Key in Query]?: string | number | null } })
    : never;
