/**
 * The site file that was learned, with the reasons beside what it says.
 */
import {
  addressKey,
  formatAddress,
  formatMac,
  formatPrefix,
  isLinkLocal,
} from '../../dissectors/core/address.ts';
import type { EngineSummary } from '../../engine/engine.ts';
import type { PacketReference } from '../../engine/events.ts';
import type { CaptureInput, CaptureInterface } from '../../engine/ports.ts';
import type { SitePrefix } from '../../engine/site.ts';
import { plural } from '../report/numbers.ts';
import { addressText } from '../report/record-maker.ts';
import { safeText } from '../report/safe-text.ts';
import { isAtLeast } from '../report/verdict.ts';
import { guessLinks, learnedAgents } from './knowledge.ts';
import type { GuessedLink, Knowledge, LearnedAgent, LearnedRouter } from './knowledge.ts';

/** Most mobile nodes, security associations and findings written. */
const MAX_NODES = 4096;
const MAX_ASSOCIATIONS = 256;
const MAX_FINDINGS = 20;
/** As the site file has it, in characters. */
const MAX_NAME = 64;

/** What the text is made of. */
export interface LearnedSite {
  readonly summary: EngineSummary;
  readonly knowledge: Knowledge;
  readonly inputs: readonly CaptureInput[];
  readonly interfaces: readonly CaptureInterface[];
}

/** A text and how many of each it tells. */
export interface SiteText {
  readonly text: string;
  readonly agents: number;
  readonly nodes: number;
  readonly links: number;
  readonly routers: number;
}

/** A word of YAML: in quotes unless it can be nothing else than text. */
function word(text: string): string {
  const isPlain = /^[a-z][\w.-]*$/i.test(text) && !/^(true|false|null|yes|no|on|off)$/i.test(text);
  return isPlain ? text : JSON.stringify(text);
}

/** An address as YAML: one that ends or begins with a colon would be taken as a key. */
function address(octets: Uint8Array): string {
  const text = formatAddress(octets);
  return text.endsWith(':') || text.startsWith(':') ? JSON.stringify(text) : text;
}

function prefixText({ prefix, length }: SitePrefix): string {
  const text = formatPrefix({ bytes: prefix, length });
  return text.startsWith(':') ? JSON.stringify(text) : text;
}

function macText(octets: Uint8Array): string {
  return formatMac(octets, 0);
}

function comment(text: string): string {
  return `# ${safeText(text)}`;
}

/** Makes the text of one run. */
export function siteText(site: LearnedSite): SiteText {
  return new SiteWriter(site).write();
}

class SiteWriter {
  readonly #site: LearnedSite;
  readonly #lines: string[] = [];
  /** Who is named as attacker, and by which rule. */
  readonly #attackers = new Map<string, string>();

  constructor(site: LearnedSite) {
    this.#site = site;
    for (const { rule, draft } of site.summary.alerts) {
      if (draft.attacker !== undefined) this.#attackers.set(addressText(draft.attacker), rule.id);
    }
  }

  write(): SiteText {
    const { summary, knowledge } = this.#site;
    const links = guessLinks(summary, knowledge);
    const agents = learnedAgents(summary, knowledge, links);
    this.#head();
    this.#homeAgents(agents);
    this.#linkList(links);
    const nodes = this.#mobileNodes(agents);
    const routers = this.#routerList(links);
    this.#associations();
    const named = links.filter(({ role }) => role !== undefined).length;
    return {
      text: this.#lines.map((line) => `${line}\n`).join(''),
      agents: agents.length,
      nodes,
      links: named,
      routers,
    };
  }

  #head(): void {
    const { summary, inputs } = this.#site;
    this.#add(
      '# Site file learned by mip6guard learn. To be read and corrected before it is used:',
      '# what a capture shows is what happened, not what is allowed. Lines with "check" are guesses.',
      ...inputs.map(({ name, packets }) => comment(`From ${name}, ${plural(packets, 'packet')}.`)),
    );
    const findings = summary.alerts.filter(({ severity }) => isAtLeast(severity, 'medium'));
    if (findings.length > 0) {
      this.#add(
        '#',
        `# WARNING: the traffic was not clean: ${plural(findings.length, 'finding')} of medium or above. Learn from other`,
        '# traffic, or read every line twice: what an attacker did may be in here.',
        ...findings
          .slice(0, MAX_FINDINGS)
          .map(({ rule, draft }) =>
            comment(`  ${rule.id} at ${this.#packet(draft.packet)}: ${draft.message}`),
          ),
      );
    }
    this.#add('# yaml-language-server: $schema=site.schema.json', 'version: 1');
  }

  #homeAgents(agents: readonly LearnedAgent[]): void {
    if (agents.length === 0) {
      this.#add('', '# No home agent: no acknowledged registration was seen.');
      return;
    }
    this.#add('', 'homeAgents:');
    for (const [i, agent] of agents.entries()) {
      const { bindings, homePrefixes, routers } = agent;
      const known = [...new Set(bindings.map(({ knownBy }) => knownBy))].join(', ');
      const first = bindings[0]?.history[0]?.packet ?? bindings[0]?.lastChange;
      const where = first === undefined ? '' : `, the first at ${this.#packet(first)}`;
      this.#add(
        `  ${comment(`acknowledged ${plural(bindings.length, 'registration')}${where} (${known})`)}`,
        `  - name: ha${i + 1}`,
        '    addresses:',
        `      - ${address(agent.address)}`,
      );
      const local = routers.map((router) => router.address).filter((item) => isLinkLocal(item));
      for (const item of local) {
        this.#add(`      - ${address(item)}  # sender of its Router Advertisements`);
      }
      this.#add('    homePrefixes:');
      for (const { prefix, isAdvertised } of homePrefixes) {
        const why = isAdvertised
          ? 'advertised on the home link'
          : 'check: the /64 of registered home addresses, seen in no advertisement';
        this.#add(`      - ${prefixText(prefix)}  # ${why}`);
      }
      const macs = routers.flatMap(({ linkLayerAddresses }) => linkLayerAddresses);
      if (macs.length > 0) {
        this.#add('    linkLayerAddresses:');
        for (const mac of macs) this.#add(`      - ${macText(mac)}`);
      }
    }
  }

  #linkList(links: readonly GuessedLink[]): void {
    if (links.length === 0) return;
    const known = links.filter(({ role }) => role !== undefined);
    this.#add('', known.length === 0 ? '# links: nothing tells where they are' : 'links:');
    for (const guessed of links) {
      const { name, interfaces, files, vlans } = this.#place(guessed);
      const mark = guessed.role === undefined ? '# ' : '';
      this.#add(
        `  ${mark}- name: ${word(name)}`,
        `  ${mark}  role: ${guessed.role ?? 'transit'}  # check: ${guessed.why}`,
        ...(interfaces === '' ? [] : [`  ${mark}  interfaces: [${interfaces}]`]),
        ...(files === '' ? [] : [`  ${mark}  files: [${files}]`]),
        ...(vlans === '' ? [] : [`  ${mark}  vlans: [${vlans}]`]),
      );
    }
  }

  /** How packets of a link are recognised; links of one name are told apart by the files they are in. */
  #place({ learned }: GuessedLink): {
    name: string;
    interfaces: string;
    files: string;
    vlans: string;
  } {
    const { link, inputs } = learned;
    const { knowledge, interfaces, inputs: all } = this.#site;
    const [, base = link.name, vlan = ''] = /^(.*) vlan (\d+)$/.exec(link.name) ?? [];
    const isInterface = interfaces.some(({ name }) => name === base);
    const isShared = [...knowledge.links.values()].some(
      (other) => other.link !== link && other.link.name === link.name,
    );
    const files = [...inputs].map((input) => baseName(all[input]?.name ?? '-'));
    const name = isShared ? `${link.name} of ${files.join(' ')}` : link.name;
    return {
      name: safeText(name).slice(0, MAX_NAME).trim() || `link ${link.id}`,
      interfaces: isInterface ? word(base) : '',
      files: isInterface && !isShared ? '' : files.map(word).join(', '),
      // VLAN 0 is a priority tag and no VLAN.
      vlans: vlan === '0' ? '' : vlan,
    };
  }

  #mobileNodes(agents: readonly LearnedAgent[]): number {
    const seen = new Set<string>();
    const nodes = agents
      .flatMap(({ bindings }) => bindings)
      .filter(({ homeAddress }) => {
        const key = addressKey(homeAddress);
        return seen.has(key) ? false : seen.add(key);
      });
    if (nodes.length === 0) return 0;
    this.#add('', 'mobileNodes:');
    for (const [i, binding] of nodes.slice(0, MAX_NODES).entries()) {
      const { homeAddress, knownBy, history, lastChange } = binding;
      const first = this.#packet(history[0]?.packet ?? lastChange);
      this.#add(
        `  - name: mn${i + 1}`,
        `    homeAddress: ${address(homeAddress)}  # registered, first seen at ${first} (${knownBy})`,
      );
    }
    if (nodes.length > MAX_NODES) this.#add(comment(`and ${nodes.length - MAX_NODES} more`));
    return Math.min(nodes.length, MAX_NODES);
  }

  #routerList(links: readonly GuessedLink[]): number {
    const { knowledge } = this.#site;
    const { routers, droppedRouters } = knowledge;
    const trusted = routers.filter((router) => this.#accusation(router) === undefined);
    if (routers.length > 0)
      this.#add('', trusted.length === 0 ? '# routers: none to trust' : 'routers:');
    for (const [i, router] of trusted.entries()) {
      const { link, linkLayerAddresses, prefixes, advertisements, first, last } = router;
      const guessed = links.find(({ learned }) => learned.link === link);
      const count = plural(advertisements, 'Router Advertisement');
      const place = guessed?.role === undefined ? undefined : this.#place(guessed).name;
      this.#add(
        `  ${comment(`${count}, ${this.#packet(first)} to ${this.#packet(last)}${advertisements < 3 ? '; check: few' : ''}`)}`,
        `  - name: router${i + 1}`,
        ...(place === undefined ? [] : [`    link: ${word(place)}`]),
        '    addresses:',
        `      - ${address(router.address)}`,
      );
      this.#list('linkLayerAddresses', linkLayerAddresses.map(macText));
      this.#list('prefixes', prefixes.map(prefixText));
    }
    for (const router of routers) {
      const rule = this.#accusation(router);
      if (rule === undefined) continue;
      const who = `${formatAddress(router.address)} on ${router.link.name}`;
      this.#add(`  ${comment(`left out: ${who}, an attacker by ${rule}`)}`);
    }
    if (droppedRouters > 0) {
      this.#add(
        comment(`${plural(droppedRouters, 'advertisement')} of more routers not learned: too many`),
      );
    }
    return trusted.length;
  }

  /** Rule that names a router as attacker, by its address or its link-layer address. */
  #accusation({ address: own, linkLayerAddresses }: LearnedRouter): string | undefined {
    const names = [own, ...linkLayerAddresses].map(addressText);
    return names.map((name) => this.#attackers.get(name)).find((rule) => rule !== undefined);
  }

  #list(key: string, items: readonly string[]): void {
    if (items.length === 0) return;
    this.#add(`    ${key}:`, ...items.map((item) => `      - ${item}`));
  }

  #associations(): void {
    const { espFlows } = this.#site.summary;
    if (espFlows.length === 0) return;
    this.#add(
      '',
      '# Security associations seen. Their keys, if you have them, belong in a key file (--keys):',
    );
    for (const flow of espFlows.slice(0, MAX_ASSOCIATIONS)) {
      const spi = `0x${flow.spi.toString(16).padStart(8, '0')}`;
      const parties = `${formatAddress(flow.source)} > ${formatAddress(flow.destination)}`;
      this.#add(
        comment(
          `  ${spi}  ${parties}, ${plural(flow.packets, 'packet')}, ${flow.role} (${flow.basis})`,
        ),
      );
    }
    if (espFlows.length > MAX_ASSOCIATIONS) {
      this.#add(comment(`  and ${espFlows.length - MAX_ASSOCIATIONS} more`));
    }
  }

  #packet({ input, number }: PacketReference): string {
    const { inputs } = this.#site;
    const file = inputs.length > 1 ? ` of ${baseName(inputs[input]?.name ?? '-')}` : '';
    return `packet ${number}${file}`;
  }

  #add(...lines: readonly string[]): void {
    this.#lines.push(...lines);
  }
}

function baseName(file: string): string {
  return file.slice(file.lastIndexOf('/') + 1);
}
