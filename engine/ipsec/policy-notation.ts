/**
 * Reads the policy notation of RFC 3776 section 5.1 and RFC 4877 section 7. Pure, linear, never throws: a bad entry
 * is a problem with its place, and the next one is read.
 *
 * ```text
 * home agent SPD IN:
 *   - IF source = 2001:db8::10 & destination = 2001:db8::1 & proto = MH & mh_type = BU
 *     THEN USE SA SA1
 * ```
 *
 * Letter case of keywords does not matter. Names may stand for addresses and SPIs; lines above the first section say
 * for which: `home_agent_1 = 2001:db8::1`, `spi_a = 0x100`. Beyond the RFCs also: `mh_type`, `icmp6_type` and
 * `icmp6_code` in `SPD IN` and `SPD OUT`, `THEN BYPASS`, `THEN DISCARD`, prefixes, `#` comments. `proto = X`, which section 5.2.4 writes for whatever protocol is meant, is any protocol.
 */
import { PolicyEntryReader, shownText, spiNumber } from './policy-entry.ts';
import type { PolicyNames, PolicyNotationProblem } from './policy-entry.ts';
import type {
  PeerAuthorization,
  PolicyAssociation,
  PolicyDocument,
  PolicyRule,
  PolicySection,
} from './policy.ts';
import { parsePrefix } from '../../dissectors/core/address.ts';
import type { Prefix } from '../../dissectors/core/address.ts';
import { policyTokens } from './policy-tokens.ts';
import type { PolicyToken } from './policy-tokens.ts';

/** Longest text that is read, UTF-16 units. */
export const MAX_NOTATION = 4 * 2 ** 20;
/** Most entries of all sections together. */
export const MAX_NOTATION_ENTRIES = 65_536;
/** Most problems that are told; the entries behind are read all the same. */
const MAX_PROBLEMS = 200;

/** What a text gave. */
export interface ReadPolicies {
  readonly document: PolicyDocument;
  readonly problems: readonly PolicyNotationProblem[];
}

type Database = PolicySection['database'];

/**
 * Reads policies.
 * @param names addresses of names, for example `home_agent_1`, besides those that the text defines; others stay names.
 */
export function readPolicies(
  text: string,
  names: ReadonlyMap<string, Prefix> = new Map(),
): ReadPolicies {
  const problems: PolicyNotationProblem[] = [];
  const tell = (problem: PolicyNotationProblem): void => {
    if (problems.length < MAX_PROBLEMS) problems.push(problem);
  };
  if (text.length > MAX_NOTATION) {
    const message = `a text of at most ${MAX_NOTATION} characters; split it`;
    tell({ line: 1, column: 1, field: 'text', message: `expected ${message}` });
    return { document: { sections: [] }, problems };
  }
  const tokens = policyTokens(text);
  const sections: PolicySection[] = [];
  const known: PolicyNames = { addresses: new Map(names), spis: new Map() };
  let at = definitions(tokens, known, tell);
  let entries = 0;
  while (at < tokens.length) {
    const head = sectionHead(tokens, at);
    if (head === undefined) {
      const token = tokens[at] ?? NOWHERE;
      const { line, column } = token;
      const message = `expected a section like "home agent SPD IN:", SPD OUT, SPD-S, SAD or PAD, found ${shownText(token)}`;
      tell({ line, column, field: 'section', message });
      at = nextStart(tokens, at + 1);
      continue;
    }
    at = head.next;
    const rules: PolicyRule[] = [];
    const associations: PolicyAssociation[] = [];
    const peers: PeerAuthorization[] = [];
    while (isDash(tokens[at])) {
      const end = nextStart(tokens, at + 1);
      const { line, column } = tokens[at] ?? NOWHERE;
      if (++entries > MAX_NOTATION_ENTRIES) {
        tell({
          line,
          column,
          field: 'entry',
          message: `more than ${MAX_NOTATION_ENTRIES} entries`,
        });
        at = tokens.length;
        break;
      }
      const reader = new PolicyEntryReader(tokens, at + 1, end, { names: known, tell, line });
      if (head.database === 'SAD') push(associations, reader.association());
      else if (head.database === 'PAD') push(peers, reader.peer());
      else push(rules, reader.rule(head.database === 'SPD-S'));
      at = end;
    }
    sections.push(sectionOf(head, { rules, associations, peers }));
  }
  return { document: { sections }, problems };
}

/** Most names that a text gives a meaning. */
const MAX_NAMES = 65_536;

/**
 * Reads the lines above the first section: `home_agent_1 = 2001:db8::1`.
 * @returns index of the first token behind them
 */
function definitions(
  tokens: readonly PolicyToken[],
  names: PolicyNames,
  tell: (problem: PolicyNotationProblem) => void,
): number {
  let at = 0;
  for (;;) {
    const [name, sign, value] = [tokens[at], tokens[at + 1], tokens[at + 2]];
    const isLine = name?.line === sign?.line && sign?.line === value?.line;
    if (name?.kind !== 'word' || sign?.text !== '=' || value === undefined || !isLine) return at;
    const prefix = parsePrefix(value.text);
    const spi = spiNumber(value.text);
    const fail = (token: PolicyToken, field: string, expected: string): void => {
      const message = `expected ${expected}, found ${shownText(token)}`;
      tell({ line: token.line, column: token.column, field, message });
    };
    if (!/^[A-Za-z_][0-9A-Za-z_.-]*$/.test(name.text) || name.text.toLowerCase() === 'any') {
      fail(name, 'name', 'a name like home_agent_1');
    } else if (names.addresses.size + names.spis.size >= MAX_NAMES) {
      fail(name, 'name', `at most ${MAX_NAMES} names`);
    } else if (prefix?.bytes.length === 16) names.addresses.set(name.text, prefix);
    else if (spi !== undefined) names.spis.set(name.text, spi);
    else fail(value, 'value', 'an IPv6 address or prefix, or an SPI like 0x100');
    const next = at + 3;
    at = tokens[next]?.line === value.line ? nextLine(tokens, next) : next;
  }
}

/** Index of the first token of the next line. */
function nextLine(tokens: readonly PolicyToken[], from: number): number {
  let at = from;
  while (at < tokens.length && tokens[at]?.line === tokens[from]?.line) at++;
  return at;
}

const NOWHERE: PolicyToken = { text: '', line: 1, column: 1, kind: 'sign' };

interface Head {
  readonly node: string;
  readonly line: number;
  readonly database: Database;
  readonly next: number;
}

/** `<node> "SPD IN:"` and its like, all on one line. */
function sectionHead(tokens: readonly PolicyToken[], start: number): Head | undefined {
  const first = tokens[start];
  if (first?.kind !== 'word') return undefined;
  const words: string[] = [];
  let at = start;
  for (; tokens[at]?.line === first.line && tokens[at]?.kind === 'word'; at++) {
    words.push(tokens[at]?.text ?? '');
  }
  const mark = tokens[at];
  if (mark?.text !== ':' || mark.line !== first.line) return undefined;
  const upper = words.map((word) => word.toUpperCase());
  const last = upper.at(-1);
  const isSpd = upper.at(-2) === 'SPD' && (last === 'OUT' || last === 'IN');
  let database: Database;
  if (isSpd) database = last === 'OUT' ? 'SPD OUT' : 'SPD IN';
  else if (last === 'SPD-S' || last === 'SAD' || last === 'PAD') database = last;
  else return undefined;
  const node = words.slice(0, isSpd ? -2 : -1).join(' ');
  return { node, line: first.line, database, next: at + 1 };
}

/** Index of the next token that starts an entry or a section. */
function nextStart(tokens: readonly PolicyToken[], from: number): number {
  for (let at = from; at < tokens.length; at++) {
    const token = tokens[at];
    const isFirst = token !== undefined && token.line !== tokens[at - 1]?.line;
    if (isFirst && (isDash(token) || sectionHead(tokens, at) !== undefined)) return at;
  }
  return tokens.length;
}

function isDash(token: PolicyToken | undefined): boolean {
  return token?.kind === 'sign' && token.text === '-';
}

function push<T>(list: T[], item: T | undefined): void {
  if (item !== undefined) list.push(item);
}

function sectionOf(
  { node, line, database }: Head,
  found: {
    readonly rules: readonly PolicyRule[];
    readonly associations: readonly PolicyAssociation[];
    readonly peers: readonly PeerAuthorization[];
  },
): PolicySection {
  if (database === 'SAD') return { node, line, database, associations: found.associations };
  if (database === 'PAD') return { node, line, database, peers: found.peers };
  return { node, line, database, rules: found.rules };
}
