/**
 * What a `mip6d.conf` says, out of its statements.
 */
import { isUnicastRoutable, parseAddress, parsePrefix } from '../../../dissectors/core/address.ts';
import type { Prefix } from '../../../dissectors/core/address.ts';
import type { ConfigurationProblem } from '../../configuration-error.ts';
import { nearest } from '../../suggestion.ts';
import type { NodeRole } from '../node-schema.ts';
import { UMIP_NAMES, UMIP_OPTIONS, umipFlag } from './options.ts';
import { problemOf, readUmip, shown } from './statements.ts';
import type { UmipStatement, UmipToken } from './statements.ts';

/** An interface and how much it is liked. */
export interface UmipInterface {
  readonly name: string;
  /** 1 is best; 0 = not used. */
  readonly preference: number;
}

/** A home address with its prefix. */
export interface UmipHomeAddress {
  readonly address: Uint8Array;
  readonly length: number;
  readonly networks: readonly Prefix[];
}

/** A home link of a mobile node. */
export interface UmipHomeLink {
  readonly interface: string;
  readonly home: UmipHomeAddress;
  /** undefined = it is discovered. */
  readonly homeAgent: Uint8Array | undefined;
  readonly isMobileRouter: boolean;
}

/** What a policy of UMIP is about. */
export const UMIP_POLICIES = [
  'HomeRegBinding',
  'Mh',
  'MobPfxDisc',
  'ICMP',
  'any',
  'TunnelHomeTesting',
  'TunnelMh',
  'TunnelPayload',
] as const;
export type UmipPolicyKind = (typeof UMIP_POLICIES)[number];

/** A policy. */
export interface UmipPolicy {
  readonly kind: UmipPolicyKind;
  readonly protocol: 'esp' | 'ah';
  /** Request ids that tie it to associations of `setkey -u`. */
  readonly requestIds: readonly number[];
}

/** Protection between a home agent and home addresses. */
export interface UmipPolicySet {
  readonly homeAgent: Uint8Array;
  readonly homeAddresses: readonly UmipHomeAddress[];
  readonly policies: readonly UmipPolicy[];
}

/** Row of the access list of a home agent. */
export interface UmipAccess {
  readonly home: UmipHomeAddress;
  readonly isAllowed: boolean;
}

/** Something that has no counterpart, or is not known. */
export interface UmipNote {
  readonly line: number;
  readonly column: number;
  readonly text: string;
  /** Nobody knows the option: it may be a mistake. */
  readonly isUnknown: boolean;
}

/** All of it. */
export interface UmipSettings {
  readonly role: NodeRole;
  readonly interfaces: readonly UmipInterface[];
  readonly homeLinks: readonly UmipHomeLink[];
  readonly policySets: readonly UmipPolicySet[];
  readonly access: readonly UmipAccess[];
  readonly notes: readonly UmipNote[];
  /** Values of options by their names; undefined = not given. */
  readonly flag: (name: string) => boolean | undefined;
  readonly number: (name: string) => number | undefined;
  readonly text: (name: string) => string | undefined;
}

const ROLES: Readonly<Record<string, NodeRole>> = {
  cn: 'correspondent-node',
  ha: 'home-agent',
  mn: 'mobile-node',
};
const DEFAULT_PREFERENCE = 5;
/** Notes kept, and those with a hint, which takes time. */
const MAX_NOTES = 1000;
const MAX_HINTS = 20;
const INTERFACE = /^[^\s/]{1,15}$/;
const ADDRESS_OCTETS = 16;

/** Reads a text. Never throws. @returns what it says, or all that keeps it from being read */
export function umipSettings(text: string): UmipSettings | readonly ConfigurationProblem[] {
  const { statements, problems } = readUmip(text);
  const collector = new Collector();
  for (const statement of statements) collector.take(statement);
  const all = [...problems, ...collector.problems];
  return all.length > 0 ? all : collector.settings();
}

class Collector {
  readonly problems: ConfigurationProblem[] = [];
  readonly #notes: UmipNote[] = [];
  readonly #values = new Map<string, string>();
  readonly #interfaces = new Map<string, UmipInterface>();
  readonly #homeLinks: UmipHomeLink[] = [];
  readonly #policySets: UmipPolicySet[] = [];
  readonly #access: UmipAccess[] = [];

  take(statement: UmipStatement): void {
    switch (statement.name.text.toLowerCase()) {
      case 'include':
        this.#note(statement.name, 'include: is not followed; import that file, too');
        return;
      case 'interface':
        this.#interface(statement);
        return;
      case 'mnhomelink':
        this.#homeLink(statement);
        return;
      case 'ipsecpolicyset':
        this.#policySet(statement);
        return;
      case 'bindingaclpolicy':
        this.#accessRow(statement);
        return;
      case 'cnbindingpolicyset':
        this.#note(
          statement.name,
          `${shown(statement.name)}: route optimisation is on or off for all correspondents`,
        );
        return;
      default:
        this.#option(statement);
    }
  }

  settings(): UmipSettings {
    const values = this.#values;
    const text = (name: string): string | undefined => values.get(name.toLowerCase());
    return {
      role: ROLES[text('NodeConfig')?.toLowerCase() ?? 'cn'] ?? 'correspondent-node',
      interfaces: [...this.#interfaces.values()],
      homeLinks: this.#homeLinks,
      policySets: this.#policySets,
      access: this.#access,
      notes: this.#notes,
      text,
      flag: (name) => umipFlag(text(name) ?? ''),
      number: (name) => {
        const value = text(name);
        return value === undefined ? undefined : Number(value);
      },
    };
  }

  #option({ name, words, block }: UmipStatement): void {
    const key = name.text.toLowerCase();
    const option = UMIP_OPTIONS.get(key);
    if (option === undefined) {
      const meant = this.#notes.length < MAX_HINTS ? nearest(key, UMIP_NAMES) : undefined;
      const hint = meant === undefined ? '' : `; did you mean ${meant}?`;
      this.#note(name, `${shown(name)}: unknown option, left out${hint}`, true);
      return;
    }
    const [word, extra] = words;
    if (option.kind !== 'any') {
      if (block !== undefined) this.#problem(name, `${shown(name)} has no block`);
      if (word === undefined) this.#problem(name, `${shown(name)}: expected a value`);
      else if (extra !== undefined) this.#problem(extra, `${shown(name)}: expected one value`);
      else this.#value(name, word, option.kind);
    }
    if (option.note !== undefined) this.#note(name, `${shown(name)}: ${option.note}`);
  }

  #value(name: UmipToken, word: UmipToken, kind: 'boolean' | 'whole' | 'decimal' | 'text'): void {
    const found = `found ${shown(word)}`;
    const isRole = name.text.toLowerCase() === 'nodeconfig';
    if (isRole && !Object.hasOwn(ROLES, word.text.toLowerCase())) {
      this.#problem(word, `${shown(name)}: expected CN, HA or MN; ${found}`);
    } else if (kind === 'boolean' && umipFlag(word.text) === undefined) {
      this.#problem(word, `${shown(name)}: expected enabled or disabled; ${found}`);
    } else if (kind === 'whole' && !/^\d{1,10}$/.test(word.text)) {
      this.#problem(word, `${shown(name)}: expected a whole number; ${found}`);
    } else if (kind === 'decimal' && !/^\d{1,10}(?:\.\d{1,9})?$/.test(word.text)) {
      this.#problem(word, `${shown(name)}: expected a number; ${found}`);
    } else this.#values.set(name.text.toLowerCase(), word.text);
  }

  #interface({ name, words, block = [] }: UmipStatement): void {
    const device = this.#device(name, words);
    if (device === undefined) return;
    let preference = DEFAULT_PREFERENCE;
    for (const each of block) {
      const value = each.words[0];
      switch (each.name.text.toLowerCase()) {
        case 'mnifpreference':
          if (value !== undefined && /^\d{1,4}$/.test(value.text)) preference = Number(value.text);
          else this.#problem(value ?? each.name, 'MnIfPreference: expected a whole number');
          break;
        case 'iftype':
          this.#note(each.name, 'IfType: a node has one role; run a second one for the other');
          break;
        case 'tunnel':
          this.#note(each.name, 'Tunnel: nodes stand on Ethernet links alone');
          break;
        default:
          this.#unknown(each.name, 'Interface');
      }
    }
    this.#interfaces.set(device, { name: device, preference });
  }

  #homeLink({ name, words, block }: UmipStatement): void {
    const device = this.#device(name, words);
    if (block === undefined) this.#problem(name, 'MnHomeLink: expected { ... }');
    let home: UmipHomeAddress | undefined;
    let homeAgent: Uint8Array | undefined;
    let isMobileRouter = false;
    for (const each of block ?? []) {
      switch (each.name.text.toLowerCase()) {
        case 'homeaddress':
          home = this.#homeAddress(each);
          break;
        case 'homeagentaddress':
          homeAgent = this.#agent(each);
          break;
        case 'ismobrtr':
          isMobileRouter = umipFlag(each.words[0]?.text ?? '') ?? false;
          break;
        case 'usealtcoa':
          this.#note(
            each.name,
            'UseAltCoa: the option is there wherever ESP needs it, never at home',
          );
          break;
        case 'mnropolicy':
          this.#note(each.name, 'MnRoPolicy: route optimisation is on or off for all');
          break;
        case 'homeprefix':
        case 'mnprefix':
          this.#note(each.name, `${shown(each.name)}: the length of the home address says it`);
          break;
        default:
          this.#unknown(each.name, 'MnHomeLink');
      }
    }
    if (device === undefined || block === undefined) return;
    if (home === undefined) this.#problem(name, 'MnHomeLink: expected a HomeAddress in it');
    else this.#homeLinks.push({ interface: device, home, homeAgent, isMobileRouter });
  }

  #policySet({ name, block }: UmipStatement): void {
    if (block === undefined) {
      this.#problem(name, 'IPsecPolicySet: expected { ... }');
      return;
    }
    let homeAgent: Uint8Array | undefined;
    const homeAddresses: UmipHomeAddress[] = [];
    const policies: UmipPolicy[] = [];
    for (const each of block) {
      switch (each.name.text.toLowerCase()) {
        case 'homeagentaddress':
          homeAgent = this.#agent(each);
          break;
        case 'homeaddress': {
          const home = this.#homeAddress(each);
          if (home !== undefined) homeAddresses.push(home);
          break;
        }
        case 'ipsecpolicy': {
          const policy = this.#policy(each);
          if (policy !== undefined) policies.push(policy);
          break;
        }
        default:
          this.#unknown(each.name, 'IPsecPolicySet');
      }
    }
    if (homeAgent === undefined) this.#problem(name, 'IPsecPolicySet: expected a HomeAgentAddress');
    else this.#policySets.push({ homeAgent, homeAddresses, policies });
  }

  #policy({ name, words }: UmipStatement): UmipPolicy | undefined {
    const [what, how, ...rest] = words;
    const kind = UMIP_POLICIES.find((each) => each.toLowerCase() === what?.text.toLowerCase());
    if (kind === undefined) {
      this.#problem(what ?? name, `IPsecPolicy: expected one of ${UMIP_POLICIES.join(', ')}`);
      return undefined;
    }
    const use = how?.text.toLowerCase();
    if (use === 'useipcomp') {
      this.#note(name, `IPsecPolicy ${kind} UseIPComp: nothing is compressed`);
      return undefined;
    }
    if (use !== 'useesp' && use !== 'useah') {
      this.#problem(how ?? name, 'IPsecPolicy: expected UseESP or UseAH');
      return undefined;
    }
    const wrong = rest.find(({ text }) => !/^\d{1,10}$/.test(text));
    if (wrong !== undefined) this.#problem(wrong, 'IPsecPolicy: expected request ids, two at most');
    const requestIds = rest.slice(0, 2).map(({ text }) => Number(text));
    return { kind, protocol: use === 'useesp' ? 'esp' : 'ah', requestIds };
  }

  #accessRow(statement: UmipStatement): void {
    const { name, words } = statement;
    const verdict = words.at(-1);
    const word = verdict?.text.toLowerCase();
    if (word !== 'allow' && word !== 'deny') {
      this.#problem(verdict ?? name, 'BindingAclPolicy: expected allow or deny at its end');
      return;
    }
    const home = this.#homeAddress({ ...statement, words: words.slice(0, -1) }, true);
    if (home !== undefined) this.#access.push({ home, isAllowed: word === 'allow' });
  }

  /** `address/length (prefix, prefix)`; the mark may stand by itself. */
  #homeAddress({ name, words }: UmipStatement, isBare = false): UmipHomeAddress | undefined {
    const open = words.findIndex(({ text, isQuoted }) => !isQuoted && text === '(');
    const front = open < 0 ? words : words.slice(0, open);
    const [address = '', length = isBare ? '128' : ''] = joined(front).split('/');
    const octets = parseAddress(address);
    const place = front[0] ?? name;
    if (octets?.length !== ADDRESS_OCTETS || !isUnicastRoutable(octets)) {
      this.#problem(place, `${shown(name)}: expected an IPv6 address that can be routed`);
      return undefined;
    }
    const bits = /^\d{1,3}$/.test(length) ? Number(length) : 0;
    if (bits < 1 || bits > 128) {
      this.#problem(place, `${shown(name)}: expected the length of the prefix, like /64`);
      return undefined;
    }
    const networks = open < 0 ? [] : this.#networks(words.slice(open + 1));
    return { address: octets, length: bits, networks };
  }

  #networks(words: readonly UmipToken[]): Prefix[] {
    const networks: Prefix[] = [];
    for (const word of words) {
      if (word.text === ')' || word.text === ',') continue;
      const prefix = parsePrefix(word.text);
      if (prefix === undefined || prefix.bytes.length !== ADDRESS_OCTETS || prefix.length === 0) {
        this.#problem(word, `expected a prefix like 2001:db8:1::/64; found ${shown(word)}`);
      } else networks.push(prefix);
    }
    return networks;
  }

  #agent({ name, words }: UmipStatement): Uint8Array | undefined {
    const [word] = words;
    const octets = parseAddress(word?.text ?? '');
    // `::` stands for a home agent that is discovered.
    if (octets?.every((octet) => octet === 0) === true) return undefined;
    if (octets?.length === ADDRESS_OCTETS && isUnicastRoutable(octets)) return octets;
    this.#problem(word ?? name, 'HomeAgentAddress: expected an IPv6 address that can be routed');
    return undefined;
  }

  #device(name: UmipToken, [word]: readonly UmipToken[]): string | undefined {
    if (word !== undefined && INTERFACE.test(word.text)) return word.text;
    this.#problem(word ?? name, `${shown(name)}: expected the name of an interface`);
    return undefined;
  }

  #unknown(name: UmipToken, block: string): void {
    this.#note(name, `${shown(name)}: unknown in ${block}, left out`, true);
  }

  #note({ line, column }: UmipToken, text: string, isUnknown = false): void {
    if (this.#notes.length < MAX_NOTES) this.#notes.push({ line, column, text, isUnknown });
  }

  #problem(place: UmipToken, message: string): void {
    this.problems.push(problemOf(place, message));
  }
}

function joined(words: readonly UmipToken[]): string {
  return words.map(({ text }) => text).join('');
}
