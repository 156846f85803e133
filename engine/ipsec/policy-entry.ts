/**
 * One entry of the policy notation.
 */
import { parsePrefix } from '../../dissectors/core/address.ts';
import type { Prefix } from '../../dissectors/core/address.ts';
import { ICMPV6, MOBILITY_HEADER } from '../state/traffic-selector.ts';
import { ICMPV6_TYPE_NAMES, MOBILITY_TYPE_NAMES, PROTOCOL_NAMES } from './policy.ts';
import type {
  PeerAuthorization,
  PolicyAction,
  PolicyAddress,
  PolicyAssociation,
  PolicyCondition,
  PolicyInterface,
  PolicyMode,
  PolicyRule,
} from './policy.ts';
import type { PolicyToken } from './policy-tokens.ts';

/** What is wrong, and where. Lines and columns are 1-based. */
export interface PolicyNotationProblem {
  readonly line: number;
  readonly column: number;
  /** Part of the entry: `source`, `mh_type`, `spi` ... */
  readonly field: string;
  /** What was expected and what was found. */
  readonly message: string;
}

/** What names in a text stand for. */
export interface PolicyNames {
  readonly addresses: Map<string, Prefix>;
  /** 1..2**32-1 each. */
  readonly spis: Map<string, number>;
}

/** Longest word that a message shows. */
const MAX_SHOWN = 40;

/**
 * A token as messages show it: not when it is long, quoted, or a run of digits that may be a key in the wrong place.
 */
export function shownText({ text, kind }: PolicyToken): string {
  if (kind === 'text') return 'a quoted text';
  if (text.length > MAX_SHOWN || /[0-9A-Fa-f]{9}|[^ -~]/.test(text)) return 'something else';
  return `"${text}"`;
}

/** An SPI, decimal or after `0x`; undefined for anything else. */
export function spiNumber(text: string): number | undefined {
  const isNumber = /^(0[xX][0-9A-Fa-f]{1,8}|[0-9]{1,10})$/.test(text);
  const number = isNumber ? Number(text) : 0;
  return number >= 1 && number <= 0xffff_ffff ? number : undefined;
}

/** Any address of IPv6. */
export const ANY_ADDRESS: PolicyAddress = {
  name: 'any',
  prefix: { bytes: new Uint8Array(16), length: 0 },
};

/** A way to authenticate: `shared secret`, `EAP`. */
const METHOD = /^[0-9A-Za-z_][0-9A-Za-z_-]*(?: [0-9A-Za-z_][0-9A-Za-z_-]*)*$/;

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** A condition that fits everything. */
export const ANY_CONDITION: PolicyCondition = {
  interface: undefined,
  source: undefined,
  destination: undefined,
  protocol: undefined,
  type: undefined,
  remoteType: undefined,
  code: undefined,
};

/** Reads the tokens of one entry; the first thing wrong is told and ends it. */
export class PolicyEntryReader {
  readonly #tokens: readonly PolicyToken[];
  readonly #end: number;
  readonly #names: PolicyNames;
  readonly #tell: (problem: PolicyNotationProblem) => void;
  readonly #line: number;
  #at: number;
  #hasFailed = false;

  constructor(
    tokens: readonly PolicyToken[],
    start: number,
    end: number,
    parts: {
      names: PolicyNames;
      tell: (problem: PolicyNotationProblem) => void;
      line: number;
    },
  ) {
    this.#tokens = tokens;
    this.#at = start;
    this.#end = end;
    this.#names = parts.names;
    this.#tell = parts.tell;
    this.#line = parts.line;
  }

  /** `IF <condition> THEN USE SA <name or pattern>`. */
  rule(isSymmetric: boolean): PolicyRule | undefined {
    this.#expect('entry', 'IF');
    const condition = this.#condition(isSymmetric, () => this.#isNext('THEN'));
    this.#expect('entry', 'THEN');
    const action = this.#action();
    this.#expectEnd();
    if (this.#hasFailed || action === undefined) return undefined;
    return { condition, action, line: this.#line };
  }

  /** `SA1(OUT, spi_a, home_agent_1, ESP, TRANSPORT): <condition>`. RFC 3776 section 5.1. */
  association(): PolicyAssociation | undefined {
    const name = this.#value('name', 'the name of an association');
    this.#sign('entry', '(');
    const direction = this.#choice('direction', ['IN', 'OUT']);
    this.#sign('entry', ',');
    const spi = this.#spi();
    this.#sign('entry', ',');
    const destination = this.#address('destination');
    this.#sign('entry', ',');
    this.#choice('protocol', ['ESP']);
    this.#sign('entry', ',');
    const mode = this.#mode();
    this.#sign('entry', ')');
    this.#sign('entry', ':');
    const selector = this.#condition(false, () => this.#at >= this.#end);
    if (this.#hasFailed) return undefined;
    const line = this.#line;
    return {
      name,
      direction: direction === 'IN' ? 'in' : 'out',
      spi,
      destination,
      mode,
      selector,
      line,
    };
  }

  /** `IF remote_identity = user_1 Then authenticate (...) and authorize CHILD_SAs for remote address ...`. */
  peer(): PeerAuthorization | undefined {
    this.#expect('entry', 'IF');
    this.#expect('identity', 'REMOTE_IDENTITY');
    this.#sign('identity', '=');
    const identity = this.#value('identity', 'an identity');
    this.#expect('entry', 'THEN');
    this.#expect('entry', 'AUTHENTICATE');
    const methods: string[] = [];
    const start = this.#peek();
    if (this.#takeSign('(')) {
      const words: string[] = [];
      while (!this.#hasFailed && !this.#takeSign(')')) words.push(this.#value('method', '")"'));
      methods.push(...words.join(' ').split('/'));
    }
    this.#expect('entry', 'AND');
    this.#expect('entry', 'AUTHORIZE');
    this.#choice('entry', ['CHILD_SA', 'CHILD_SAS']);
    for (const word of ['FOR', 'REMOTE', 'ADDRESS']) this.#expect('entry', word);
    const address = this.#address('address');
    this.#expectEnd();
    if (this.#hasFailed) return undefined;
    const trimmed = methods.map((method) => method.trim()).filter((method) => method !== '');
    if (!trimmed.every((method) => METHOD.test(method))) {
      this.#fail('method', 'expected words like shared secret, with / between them', start);
      return undefined;
    }
    return { identity, methods: trimmed, address, line: this.#line };
  }

  #condition(isSymmetric: boolean, isAtEnd: () => boolean): PolicyCondition {
    const condition: Mutable<PolicyCondition> = { ...ANY_CONDITION };
    const seen = new Set<string>();
    do {
      const token = this.#peek();
      const field = this.#value('condition', 'a field like source, destination or proto');
      const key = field.toLowerCase();
      if (seen.has(key)) this.#fail(key, 'expected each field once', token);
      seen.add(key);
      this.#sign(key, '=');
      if (!this.#hasFailed) this.#field(key, condition, isSymmetric, token);
    } while (!this.#hasFailed && this.#takeSign('&'));
    if (!this.#hasFailed && !isAtEnd()) this.#fail('condition', 'expected "&" or the end of it');
    return condition;
  }

  #field(
    key: string,
    condition: Mutable<PolicyCondition>,
    isSymmetric: boolean,
    token: PolicyToken | undefined,
  ): void {
    switch (key) {
      case 'interface':
        condition.interface = this.#interface();
        return;
      case 'source':
      case 'local_address':
        condition.source = this.#address(key);
        return;
      case 'destination':
      case 'remote_address':
        condition.destination = this.#address(key);
        return;
      case 'proto':
        condition.protocol = this.#protocol();
        return;
      case 'mh_type':
      case 'icmp6_type':
      case 'local_mh_type':
      case 'local_icmp6_type':
        condition.type = this.#type(key, condition.protocol);
        return;
      case 'remote_mh_type':
      case 'remote_icmp6_type':
        if (isSymmetric) condition.remoteType = this.#type(key, condition.protocol);
        else this.#fail(key, 'expected only in SPD-S', token);
        return;
      case 'icmp6_code':
        condition.code = this.#number(key, 255);
        return;
      default:
        this.#fail(
          key,
          'expected interface, source, destination, local_address, remote_address, proto, mh_type, icmp6_type or icmp6_code',
          token,
        );
    }
  }

  /** `IPv6 tunnel to home_agent_1`, also as section 5.2.2 has it once: `IPv6 IPv6 tunnel to`. */
  #interface(): PolicyInterface {
    while (this.#isNext('IPV6')) this.#at++;
    this.#expect('interface', 'TUNNEL');
    const direction = this.#choice('interface', ['TO', 'FROM']) === 'TO' ? 'to' : 'from';
    return { direction, address: this.#address('interface') };
  }

  #action(): PolicyAction | undefined {
    const token = this.#peek();
    const word = this.#value('action', 'USE SA, BYPASS or DISCARD').toUpperCase();
    if (word === 'BYPASS') return { kind: 'bypass' };
    if (word === 'DISCARD') return { kind: 'discard' };
    if (word !== 'USE') this.#fail('action', 'expected USE SA, BYPASS or DISCARD', token);
    this.#expect('action', 'SA');
    if (!this.#isNext('ESP')) {
      return { kind: 'association', name: this.#value('association', 'its name, or ESP') };
    }
    this.#at++;
    const mode = this.#mode();
    if (this.#isNext('MODE')) this.#at++;
    let outerDestination: PolicyAddress | undefined;
    let identity: Extract<PolicyAction, { kind: 'dynamic' }>['identity'];
    if (this.#takeSign(':')) {
      do {
        if (this.#isNext('OUTER')) {
          this.#expect('outer destination', 'OUTER', 'DESTINATION');
          this.#sign('outer destination', '=');
          outerDestination = this.#address('outer destination');
        } else {
          const of = this.#choice('identity', ['LOCAL', 'PEER']) === 'LOCAL' ? 'local' : 'peer';
          this.#expect('identity', 'PHASE', '1', 'IDENTITY');
          this.#sign('identity', '=');
          identity = { of, value: this.#value('identity', 'an identity') };
        }
      } while (!this.#hasFailed && this.#takeSign('&'));
    }
    let initiate: Extract<PolicyAction, { kind: 'dynamic' }>['initiate'];
    if (this.#isNext('INITIATE')) {
      this.#expect('initiate', 'INITIATE', 'USING', 'IDI');
      this.#sign('initiate', '=');
      const value = this.#value('initiate', 'an identity');
      this.#expect('initiate', 'TO', 'ADDRESS');
      initiate = { identity: value, address: this.#address('initiate') };
    }
    return { kind: 'dynamic', mode, outerDestination, identity, initiate };
  }

  #mode(): PolicyMode {
    return this.#choice('mode', ['TRANSPORT', 'TUNNEL']) === 'TRANSPORT' ? 'transport' : 'tunnel';
  }

  #spi(): number | string {
    const token = this.#peek();
    const text = this.#value('spi', 'an SPI');
    if (!/^[0-9]/.test(text)) return this.#names.spis.get(text) ?? text;
    const number = spiNumber(text);
    if (number === undefined) {
      this.#fail('spi', 'expected a number from 1 to 0xffffffff, or a name', token);
    }
    return number ?? 0;
  }

  #address(field: string): PolicyAddress {
    const token = this.#peek();
    const text = this.#value(field, 'an address');
    if (text.toLowerCase() === 'any') return ANY_ADDRESS;
    if (/[:/]/.test(text)) {
      const prefix = parsePrefix(text);
      if (prefix?.bytes.length === 16) return { name: '', prefix };
      this.#fail(field, 'expected an IPv6 address or prefix, any, or a name', token);
      return ANY_ADDRESS;
    }
    if (!/^[A-Za-z_][0-9A-Za-z_.-]*$/.test(text)) {
      this.#fail(field, 'expected an IPv6 address or prefix, any, or a name', token);
    }
    return { name: text, prefix: this.#names.addresses.get(text) };
  }

  #protocol(): number | undefined {
    const token = this.#peek();
    const text = this.#value('proto', 'a protocol').toLowerCase();
    if (text === 'any' || text === 'x') return undefined;
    const number = PROTOCOL_NAMES.get(text) ?? wholeNumber(text, 255);
    if (number === undefined) {
      this.#fail('proto', 'expected MH, ICMPv6, TCP, UDP, ESP, AH, any, or a number to 255', token);
    }
    return number;
  }

  #type(field: string, protocol: number | undefined): number | undefined {
    const token = this.#peek();
    const isMobility = field.endsWith('mh_type');
    const text = this.#value(field, 'a message type').toLowerCase();
    if (protocol !== (isMobility ? MOBILITY_HEADER : ICMPV6)) {
      this.#fail(field, `expected proto = ${isMobility ? 'MH' : 'ICMPv6'} before it`, token);
    }
    const names = isMobility ? MOBILITY_TYPE_NAMES : ICMPV6_TYPE_NAMES;
    const number = names.get(text) ?? wholeNumber(text, 255);
    if (number === undefined) {
      this.#fail(field, `expected ${[...names.keys()].join(', ')} or a number to 255`, token);
    }
    return number;
  }

  #number(field: string, most: number): number | undefined {
    const token = this.#peek();
    const number = wholeNumber(this.#value(field, `a number to ${most}`), most);
    if (number === undefined) this.#fail(field, `expected a number to ${most}`, token);
    return number;
  }

  // --- tokens ---------------------------------------------------------------------------------------

  #peek(): PolicyToken | undefined {
    return this.#at < this.#end ? this.#tokens[this.#at] : undefined;
  }

  #isNext(keyword: string): boolean {
    const token = this.#peek();
    return token?.kind === 'word' && token.text.toUpperCase() === keyword;
  }

  #expect(field: string, ...keywords: readonly string[]): void {
    for (const keyword of keywords) {
      if (this.#hasFailed) return;
      if (this.#isNext(keyword)) this.#at++;
      else this.#fail(field, `expected ${keyword}`);
    }
  }

  #choice<const T extends string>(field: string, keywords: readonly T[]): T | undefined {
    for (const keyword of keywords) {
      if (this.#isNext(keyword)) {
        this.#at++;
        return keyword;
      }
    }
    this.#fail(field, `expected ${keywords.join(' or ')}`);
    return undefined;
  }

  #value(field: string, what: string): string {
    const token = this.#peek();
    if (token === undefined || token.kind === 'sign' || token.text === '') {
      this.#fail(field, `expected ${what}`);
      return '';
    }
    this.#at++;
    return token.text;
  }

  #takeSign(sign: string): boolean {
    const token = this.#peek();
    if (token?.kind !== 'sign' || token.text !== sign) return false;
    this.#at++;
    return true;
  }

  #sign(field: string, sign: string): void {
    if (!this.#hasFailed && !this.#takeSign(sign)) this.#fail(field, `expected "${sign}"`);
  }

  #expectEnd(): void {
    if (!this.#hasFailed && this.#at < this.#end) this.#fail('entry', 'expected nothing more');
  }

  #fail(field: string, expected: string, at: PolicyToken | undefined = this.#peek()): void {
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    const last = this.#tokens[this.#at - 1];
    const line = at?.line ?? last?.line ?? this.#line;
    const column = at?.column ?? (last === undefined ? 1 : last.column + last.text.length);
    const found = at === undefined ? 'the end of the entry' : shownText(at);
    const shown = /^[a-z_0-9 ]{1,30}$/.test(field) && !/[0-9a-f]{9}/.test(field);
    const message = `${expected}, found ${found}`;
    this.#tell({ line, column, field: shown ? field : 'condition', message });
  }
}

function wholeNumber(text: string, most: number): number | undefined {
  const number = /^[0-9]{1,5}$/.test(text) ? Number(text) : most + 1;
  return number <= most ? number : undefined;
}
