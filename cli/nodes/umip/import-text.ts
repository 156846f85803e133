/**
 * The configuration of a node as YAML, out of what a `mip6d.conf` says, with a comment for all that becomes different.
 */
import { formatAddress, formatPrefix, isSameAddress } from '../../../dissectors/core/address.ts';
import { safeText } from '../../report/safe-text.ts';
import type { UmipHomeAddress, UmipPolicy, UmipPolicySet, UmipSettings } from './settings.ts';
import { addressText, listText, masked, protectionLines, scalar } from './yaml-text.ts';

/** What an import gives. */
export interface UmipImport {
  /** YAML. */
  readonly text: string;
  /** What has to be added by hand before a node takes it, a sentence each. */
  readonly missing: readonly string[];
}

interface Sources {
  /** Name of the file, for the first line. */
  readonly file: string;
  /** Key files to name. */
  readonly keys: readonly string[];
}

const LEAST_LIFETIME = 8;
const MOST_LIFETIME = 262_140;
const LEAST_TIMEOUT = 1;
const MOST_TIMEOUT = 32;
const HOME_PREFIX_LENGTH = 64;

/** Writes the YAML. */
export function umipYaml(settings: UmipSettings, sources: Sources): UmipImport {
  return new Writer(settings, sources).write();
}

class Writer {
  readonly #settings: UmipSettings;
  readonly #sources: Sources;
  readonly #lines: string[] = [];
  readonly #missing: string[] = [];

  constructor(settings: UmipSettings, sources: Sources) {
    this.#settings = settings;
    this.#sources = sources;
  }

  write(): UmipImport {
    const { role, notes } = this.#settings;
    this.#comment(0, `From ${this.#sources.file}, a configuration of UMIP. See docs/umip.md.`);
    for (const { line, column, text } of notes) {
      this.#comment(0, `${line}:${column}: ${text}.`);
    }
    this.#line(0, 'version: 1');
    this.#line(0, `role: ${role}`);
    this.#links();
    if (role !== 'correspondent-node') {
      this.#keys();
      this.#ipsec();
    }
    if (role === 'home-agent') this.#homeAgent();
    if (role === 'mobile-node') this.#mobileNode();
    this.#correspondent();
    this.#line(0, `control: /run/mip6guard/${SHORT[role]}.sock`);
    if (role !== 'correspondent-node') {
      this.#comment(0, 'Bindings and sequence numbers outlast a restart; UMIP forgets them.');
      this.#line(0, `state: /var/lib/mip6guard/${SHORT[role]}.db`);
    }
    return { text: `${this.#lines.join('\n')}\n`, missing: this.#missing };
  }

  #line(depth: number, text: string): void {
    this.#lines.push(`${'  '.repeat(depth)}${text}`);
  }

  #comment(depth: number, text: string): void {
    this.#line(depth, `# ${safeText(text)}`);
  }

  /** Something to add by hand: a comment here, and a sentence for whoever imports. */
  #ask(depth: number, text: string): void {
    this.#comment(depth, `ADD: ${text}.`);
    this.#missing.push(text);
  }

  #links(): void {
    const { role, interfaces, homeLinks } = this.#settings;
    const names = new Set(
      [...interfaces]
        .filter(({ preference }) => preference > 0)
        .sort((a, b) => a.preference - b.preference)
        .map(({ name }) => name),
    );
    for (const each of homeLinks) {
      const isRefused = interfaces.some(
        ({ name, preference }) => name === each.interface && preference === 0,
      );
      if (!isRefused) names.add(each.interface);
    }
    if (role === 'mobile-node' && this.#settings.flag('MnUseAllInterfaces') === true) {
      this.#comment(0, 'MnUseAllInterfaces: every interface has to be named here.');
    }
    if (names.size === 0) {
      this.#ask(0, 'links: the interfaces of this node');
      this.#line(0, 'links: []');
      return;
    }
    this.#comment(
      0,
      'The node takes these interfaces over; the kernel has no IPv6 there meanwhile.',
    );
    this.#line(0, 'links:');
    for (const name of names) this.#link(name, name === [...names][0]);
    if (role === 'mobile-node') this.#line(0, 'tun: { name: mip0, routes: [default] }');
    else this.#line(0, 'tun: { name: mip0 }');
  }

  #link(name: string, isFirst: boolean): void {
    const { role } = this.#settings;
    this.#line(1, `- interface: ${scalar(name)}`);
    if (role === 'mobile-node') return;
    const own = isFirst && role === 'home-agent' ? this.#agents() : [];
    if (own.length > 0) {
      this.#line(2, `addresses: [${own.map((each) => `${addressText(each)}/64`).join(', ')}]`);
    } else this.#comment(2, 'addresses: [2001:db8::1/64] # without, it forms its own');
    this.#comment(2, 'router: fe80::1 # a default router that is not advertised');
  }

  /** Addresses of the home agent, each once. */
  #agents(): Uint8Array[] {
    const agents: Uint8Array[] = [];
    for (const { homeAgent } of this.#settings.policySets) {
      if (!agents.some((each) => isSameAddress(each, homeAgent))) agents.push(homeAgent);
    }
    return agents;
  }

  #keys(): void {
    const { keys } = this.#sources;
    if (keys.length === 0) {
      this.#ask(
        0,
        'keys: the file of setkey with the associations (mip6guard config import --keys sa.conf)',
      );
      this.#line(0, 'keys: []');
      return;
    }
    this.#comment(
      0,
      'The associations of setkey are read as they are; its spdadd lines are not needed.',
    );
    this.#line(0, 'keys:');
    for (const file of keys) this.#line(1, `- ${scalar(file)}`);
  }

  #ipsec(): void {
    const { policySets, flag } = this.#settings;
    const [first] = policySets;
    if (flag('UseMnHaIPsec') === false || first === undefined) {
      this.#comment(
        0,
        'STRICTER: registrations need IPsec (RFC 6275 section 5.1), which UMIP did without here.',
      );
    }
    this.#comment(
      0,
      'SPIs tell what an association is for when a key file leaves it open: see spis in docs/nodes.md.',
    );
    this.#line(0, 'ipsec:');
    for (const line of protectionLines(first)) this.#line(1, line);
    for (const { policies } of policySets) {
      for (const policy of policies) this.#requests(policy);
    }
  }

  #requests({ kind, protocol, requestIds }: UmipPolicy): void {
    const [to, from] = requestIds;
    if (to === undefined) return;
    const ids = from === undefined ? `${to}` : `${to} and ${from}`;
    this.#comment(
      1,
      `${kind} used ${protocol.toUpperCase()} with the request ids ${ids} of setkey (-u).`,
    );
  }

  #homeAgent(): void {
    const { flag, number } = this.#settings;
    this.#line(0, 'homeAgent:');
    this.#prefixes();
    this.#comment(
      1,
      'STRICTER: of de-registrations only the two layouts that no relay attack can use are taken. UMIP',
    );
    this.#comment(
      1,
      'names the home address in an Alternate Care-of Address option at home: mobile nodes that still',
    );
    this.#comment(1, 'run UMIP and come home need "deregistration: umip".');
    this.#line(1, 'deregistration: strict');
    this.#lifetime('maximumLifetime', number('HaMaxBindingLife'), 4);
    this.#flag('mobileRouters', flag('HaAcceptMobRtr'));
    this.#flag('prefixDiscovery', flag('SendMobPfxAdvs'));
    this.#comment(1, 'This node advertises the home link itself: end radvd there.');
    this.#line(1, 'advertisements: { maximumInterval: 3, minimumInterval: 1 }');
    this.#served();
  }

  #prefixes(): void {
    const { interfaces } = this.#settings;
    const [link] = interfaces;
    const rows = new Map<string, Uint8Array>();
    for (const { homeAgent } of this.#settings.policySets) {
      const prefix = { bytes: masked(homeAgent, HOME_PREFIX_LENGTH), length: HOME_PREFIX_LENGTH };
      rows.set(formatPrefix(prefix), homeAgent);
    }
    if (rows.size === 0) {
      this.#ask(
        1,
        'homeAgent.prefixes: home prefix and address of the home agent, which UMIP took from the kernel',
      );
      this.#line(1, 'prefixes: []');
      return;
    }
    this.#line(1, 'prefixes:');
    for (const [prefix, agent] of rows) {
      this.#line(2, `- prefix: ${scalar(prefix)}`);
      if (link !== undefined) this.#line(3, `interface: ${scalar(link.name)}`);
      this.#line(3, `agentAddress: ${addressText(agent)}`);
    }
  }

  #served(): void {
    const { policySets, access, text, flag } = this.#settings;
    const served = new Map<string, { home: UmipHomeAddress; isAllowed: boolean }>();
    const isAllowed = text('DefaultBindingAclPolicy')?.toLowerCase() !== 'deny';
    for (const { homeAddresses } of policySets) {
      for (const home of homeAddresses)
        served.set(formatAddress(home.address), { home, isAllowed });
    }
    for (const row of access) {
      const key = formatAddress(row.home.address);
      const networks = [...(served.get(key)?.home.networks ?? []), ...row.home.networks];
      served.set(key, { ...row, home: { ...row.home, networks } });
    }
    if (isAllowed) {
      this.#comment(
        1,
        'STRICTER: only mobile nodes of this list are served; UMIP took any (DefaultBindingAclPolicy).',
      );
    }
    if (served.size === 0) {
      this.#ask(1, 'homeAgent.mobileNodes: the home addresses that are served');
      this.#line(1, 'mobileNodes: []');
      return;
    }
    this.#line(1, 'mobileNodes:');
    for (const { home, isAllowed: may } of served.values()) {
      this.#line(2, `- homeAddress: ${addressText(home.address)}`);
      if (!may) this.#line(3, 'allowed: false');
      if (flag('HaAcceptMobRtr') === true && home.networks.length > 0) {
        this.#line(3, 'mobileRouter: true');
        this.#line(3, `mobileNetworks: ${listText(home.networks)}`);
      }
      this.#ownProtection(home.address, 3);
    }
  }

  #mobileNode(): void {
    const { homeLinks, flag, number } = this.#settings;
    this.#line(0, 'mobileNode:');
    if (homeLinks.length === 0) {
      this.#ask(1, 'mobileNode.homeAddresses: home address and home agent');
      this.#line(1, 'homeAddresses: []');
    } else {
      this.#line(1, 'homeAddresses:');
      for (const { home, homeAgent } of homeLinks) this.#homeAddress(home, homeAgent);
    }
    if (flag('NoHomeReturn') !== true) {
      this.#comment(
        1,
        'STRICTER: UMIP believes whoever advertises the home prefix, and drops its tunnel then. Where there is a',
      );
      this.#comment(
        1,
        'home link to come back to: "homeLink: send", or "homeLink: prefix" with that risk.',
      );
    }
    this.#line(1, 'homeLink: never');
    this.#lifetime('lifetime', number('MnMaxHaBindingLife'), LEAST_LIFETIME);
    this.#flag('routeOptimisation', flag('DoRouteOptimizationMN'));
    this.#flag('ignoresHomeAgentErrors', flag('MnDiscardHaParamProb'));
    if (flag('OptimisticHandoff') === true) {
      this.#comment(1, 'STRICTER: only before the first registration; never when it comes home.');
      this.#line(1, 'optimistic: true');
    }
    const timeout = number('InitialBindackTimeoutFirstReg');
    if (timeout !== undefined) {
      const bounded = Math.min(Math.max(timeout, LEAST_TIMEOUT), MOST_TIMEOUT);
      if (bounded !== timeout) this.#comment(1, `InitialBindackTimeoutFirstReg was ${timeout}.`);
      this.#line(1, `firstRegistrationTimeout: ${bounded}`);
    }
    this.#mobileRouter();
    const preferred = [...this.#settings.interfaces].filter(({ preference }) => preference > 0);
    if (preferred.length > 1) {
      const names = preferred.sort((a, b) => a.preference - b.preference).map(({ name }) => name);
      this.#line(1, `interfacePreferences: [${names.map(scalar).join(', ')}]`);
    }
  }

  #homeAddress({ address, length }: UmipHomeAddress, homeAgent: Uint8Array | undefined): void {
    this.#line(2, `- address: ${addressText(address)}/${length}`);
    const set = this.#setOf(address);
    if (homeAgent !== undefined) this.#line(3, `homeAgents: [${addressText(homeAgent)}]`);
    else {
      this.#comment(3, 'The home agent is discovered; its keys have to be known beforehand.');
      if (set === undefined) {
        this.#ask(3, `keysWith: the home agent of ${formatAddress(address)}, or homeAgents`);
      } else this.#line(3, `keysWith: ${addressText(set.homeAgent)}`);
    }
    this.#ownProtection(address, 3);
  }

  #mobileRouter(): void {
    const { homeLinks, flag } = this.#settings;
    if (!homeLinks.some(({ isMobileRouter }) => isMobileRouter)) return;
    const networks = homeLinks.flatMap(({ home }) => home.networks);
    const isExplicit = flag('MobRtrUseExplicitMode') !== false && networks.length > 0;
    this.#line(1, `mobileRouter: ${isExplicit ? 'explicit' : 'implicit'}`);
    if (networks.length > 0) this.#line(1, `mobileNetworks: ${listText(networks)}`);
  }

  #setOf(address: Uint8Array): UmipPolicySet | undefined {
    return this.#settings.policySets.find(({ homeAddresses }) =>
      homeAddresses.some((each) => isSameAddress(each.address, address)),
    );
  }

  /** Where the policies of a home address are not those of the first set. */
  #ownProtection(address: Uint8Array, depth: number): void {
    const set = this.#setOf(address);
    const common = protectionLines(this.#settings.policySets[0]);
    const own = protectionLines(set).filter((line) => !common.includes(line));
    if (set === undefined || own.length === 0) return;
    this.#line(depth, 'ipsec:');
    for (const line of own) this.#line(depth + 1, line);
  }

  #correspondent(): void {
    const isOn = this.#settings.flag('DoRouteOptimizationCN');
    if (isOn !== undefined) this.#line(0, `correspondent: { routeOptimisation: ${isOn} }`);
  }

  #flag(key: string, value: boolean | undefined): void {
    if (value !== undefined) this.#line(1, `${key}: ${value}`);
  }

  #lifetime(key: string, value: number | undefined, least: number): void {
    if (value === undefined) return;
    const bounded = Math.min(Math.max(value, least), MOST_LIFETIME);
    if (bounded !== value)
      this.#comment(1, `It was ${value}; from ${least} to ${MOST_LIFETIME} go.`);
    this.#line(1, `${key}: ${bounded}`);
  }
}

const SHORT = { 'home-agent': 'ha', 'mobile-node': 'mn', 'correspondent-node': 'cn' } as const;
