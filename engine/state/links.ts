/**
 * Which link a packet was captured on, and what is known of that link.
 */
import type { Link } from '../events.ts';
import type { CaptureInput, CaptureInterface } from '../ports.ts';
import type { Site, SiteLink } from '../site.ts';

/** Links told apart; what comes from further interfaces or VLANs counts as one link of unknown role. */
const MAX_LINKS = 4096;

/** Whether a glob pattern (`*`, `?`) matches a whole text. Linear in pattern and text. */
export function globMatches(pattern: string, text: string): boolean {
  let p = 0;
  let t = 0;
  let star = -1;
  let mark = 0;
  while (t < text.length) {
    const wanted = pattern[p];
    if (wanted === '*') {
      star = p++;
      mark = t;
    } else if (wanted !== undefined && (wanted === '?' || wanted === text[t])) {
      p++;
      t++;
    } else if (star >= 0) {
      p = star + 1;
      t = ++mark;
    } else return false;
  }
  while (pattern[p] === '*') p++;
  return p === pattern.length;
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function matches(
  link: SiteLink,
  interfaceName: string | undefined,
  input: string,
  vlan: number,
): boolean {
  const hasInterfaces = link.interfaces.length > 0;
  const hasFiles = link.files.length > 0;
  if (!hasInterfaces && !hasFiles && link.vlans.length === 0) return false;
  if (hasInterfaces && (interfaceName === undefined || !link.interfaces.includes(interfaceName))) {
    return false;
  }
  if (
    hasFiles &&
    !link.files.some((glob) => globMatches(glob, input) || globMatches(glob, baseName(input)))
  ) {
    return false;
  }
  return link.vlans.length === 0 || link.vlans.includes(vlan);
}

/** Links by capture interface and VLAN. */
export class Links {
  readonly all: Link[] = [];
  readonly #byInterface = new Map<number, Link>();
  readonly #byName = new Map<string, Link>();
  #site: Site;
  readonly #inputs: readonly CaptureInput[];
  readonly #interfaces: readonly CaptureInterface[];

  constructor(
    site: Site,
    inputs: readonly CaptureInput[],
    interfaces: readonly CaptureInterface[],
  ) {
    this.#site = site;
    this.#inputs = inputs;
    this.#interfaces = interfaces;
  }

  /** Link of a packet. @param vlan -1 = none. */
  of(interfaceIndex: number, vlan: number): Link {
    const key = interfaceIndex * 8192 + (vlan + 1);
    const known = this.#byInterface.get(key);
    if (known !== undefined) return known;
    if (this.#byInterface.size >= MAX_LINKS) return this.#others;
    const link = this.#make(interfaceIndex, vlan);
    this.#byInterface.set(key, link);
    return link;
  }

  /**
   * A link of an earlier run: what is captured under its name later is this link.
   * @param isForeign a relay has shown that it is not the home link
   */
  remember(name: string, isForeign: boolean): Link {
    const site = this.#site.links.find((link) => link.name === name);
    const key = site === undefined ? `remembered/${name}` : `site/${name}`;
    const role = site?.role ?? 'unknown';
    const link = this.#byName.get(key) ?? this.#add(key, { name, role }, site !== undefined);
    if (isForeign && link.roleKnownBy === 'none') {
      link.effectiveRole = 'foreign';
      link.roleKnownBy = 'relay';
    }
    return link;
  }

  /** Another site: interfaces are told apart by it from now on, and a link with another role is another link. */
  reconfigure(site: Site): void {
    this.#site = site;
    this.#byInterface.clear();
    for (const { name, role } of site.links) {
      const known = this.#byName.get(`site/${name}`);
      if (known !== undefined && known.role !== role) this.#byName.delete(`site/${name}`);
    }
  }

  /** The link of all interfaces and VLANs past `MAX_LINKS`. */
  get #others(): Link {
    const name = 'other links';
    return this.#byName.get(name) ?? this.#add(name, { name, role: 'unknown' }, false);
  }

  #make(interfaceIndex: number, vlan: number): Link {
    const capture = this.#interfaces[interfaceIndex];
    const input = this.#inputs[capture?.inputIndex ?? -1]?.name ?? '-';
    const site = this.#site.links.find((link) => matches(link, capture?.name, input, vlan));
    const own = `${capture?.name ?? baseName(input)}${vlan >= 0 ? ` vlan ${vlan}` : ''}`;
    const name = site?.name ?? own;
    // One link seen through several interfaces or files is one link, when the site file says so.
    const key = site === undefined ? `capture/${interfaceIndex}/${vlan}` : `site/${site.name}`;
    const known = this.#byName.get(key) ?? this.#takeRemembered(key, name, site);
    if (known !== undefined) return known;
    return this.#add(key, { name, role: site?.role ?? 'unknown' }, site !== undefined);
  }

  /** The link of an earlier run with this name, once. */
  #takeRemembered(key: string, name: string, site: SiteLink | undefined): Link | undefined {
    const before = `remembered/${name}`;
    const link = site === undefined ? this.#byName.get(before) : undefined;
    if (link === undefined) return undefined;
    this.#byName.delete(before);
    this.#byName.set(key, link);
    return link;
  }

  #add(key: string, { name, role }: Pick<Link, 'name' | 'role'>, isOfSite: boolean): Link {
    const roleKnownBy = isOfSite ? 'site' : 'none';
    const link: Link = { id: this.all.length, name, role, roleKnownBy, effectiveRole: role };
    this.all.push(link);
    this.#byName.set(key, link);
    return link;
  }
}
