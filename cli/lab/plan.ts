/**
 * The network of the lab: who stands on which link with which addresses. Addresses are of RFC 3849, link-layer addresses of
 * RFC 7042 section 2.1.1 with the local bit set.
 */
import { createHash } from 'node:crypto';
import path from 'node:path';
import { formatAddress, parseAddress } from '../../dissectors/core/address.ts';
import { interfaceIdentifierOf, linkLocalOf } from '../../nodes/interface/link-address.ts';

/** Links; `core` joins the home network, the correspondent and the router. */
export const LINKS = ['home', 'foreign1', 'foreign2', 'core'] as const;
export type LabLink = (typeof LINKS)[number];
/** Links that a mobile node can be on. */
export const MOBILE_LINKS = ['home', 'foreign1', 'foreign2'] as const;
export type MobileLink = (typeof MOBILE_LINKS)[number];
export type ForeignLink = Exclude<MobileLink, 'home'>;

/** Stations, each in a namespace of its own. */
export const STATIONS = ['ha', 'mn', 'cn', 'router', 'attacker'] as const;
export type Station = (typeof STATIONS)[number];

/** The namespace with a bridge for each link. */
export const SWITCH = 'switch';

/** Where a gateway can stand: between the home agent and its links, or between the mobile node and foreign links. */
export const GATEWAY_PLACES = ['home-agent', 'access-link'] as const;
export type GatewayPlace = (typeof GATEWAY_PLACES)[number];

/** Namespace of the gateway of each place; there while it stands. */
export const GATEWAY_NAMESPACES = {
  'home-agent': 'gateway',
  'access-link': 'access',
} as const satisfies Record<GatewayPlace, string>;

/** Everything that has a namespace. */
export type Namespace =
  | Station
  | typeof SWITCH
  | (typeof GATEWAY_NAMESPACES)[keyof typeof GATEWAY_NAMESPACES];
export const NAMESPACES: readonly Namespace[] = [
  SWITCH,
  ...STATIONS,
  ...Object.values(GATEWAY_NAMESPACES),
];

/** An interface of a station. The other end of the pair is in the switch. */
export interface LabInterface {
  readonly station: Station;
  /** In the station's namespace. */
  readonly name: string;
  /** In the switch; at most 15 characters. */
  readonly port: string;
  readonly linkLayerAddress: string;
  /** Link that it is plugged into at first; undefined = none. */
  readonly link: LabLink | undefined;
}

const wire = (
  station: Station,
  name: string,
  octet: string,
  link: LabLink | undefined,
): LabInterface => ({
  station,
  name,
  port: `${station}-${name}`,
  linkLayerAddress: `02:00:5e:00:53:${octet}`,
  link,
});

/** Every interface. */
export const WIRES = {
  haHome: wire('ha', 'home0', '01', 'home'),
  haCore: wire('ha', 'core0', '02', 'core'),
  routerForeign1: wire('router', 'foreign1', 'f1', 'foreign1'),
  routerForeign2: wire('router', 'foreign2', 'f2', 'foreign2'),
  routerCore: wire('router', 'core0', 'fc', 'core'),
  cn: wire('cn', 'core0', '05', 'core'),
  mn: wire('mn', 'wlan0', '10', 'foreign1'),
  attacker: wire('attacker', 'air0', '66', undefined),
} as const;

/** Octets of a link-layer address of the plan. */
export function linkLayerOctets({ linkLayerAddress }: LabInterface): Uint8Array {
  return Uint8Array.from(linkLayerAddress.split(':'), (each) => Number.parseInt(each, 16));
}

/** The link-local address that a node forms on an interface. */
export function linkLocalText(wire: LabInterface): string {
  return formatAddress(linkLocalOf(interfaceIdentifierOf(linkLayerOctets(wire))));
}

/** Octets of an address of the plan. */
export function octetsOf(text: string): Uint8Array {
  const octets = parseAddress(text);
  if (octets === undefined) throw new Error(`no address: ${text}`);
  return octets;
}

/** Prefixes of 64 bits, by link. */
export const PREFIXES: Readonly<Record<LabLink, string>> = {
  home: '2001:db8:1::',
  foreign1: '2001:db8:2::',
  foreign2: '2001:db8:3::',
  core: '2001:db8:9::',
};

/** Addresses that are known beforehand. */
export const ADDRESSES = {
  homeAgent: '2001:db8:1::1',
  homeAddress: '2001:db8:1::10',
  homeAgentCore: '2001:db8:9::2',
  router: '2001:db8:9::1',
  correspondent: '2001:db8:9::5',
} as const;

/** Address of an attacker on a foreign link. */
export function attackerAddress(link: ForeignLink): string {
  return `${PREFIXES[link]}66`;
}

/** Ports of the correspondent's services, TCP for transfers and UDP for echoes. */
export const SERVICE_PORTS = { transfer: 7001, echo: 7002 } as const;

/** What each association is for, with its SPIs. */
export const ASSOCIATIONS = [
  { purpose: 'binding', toHomeAgent: 0x1001, toMobileNode: 0x2001 },
  { purpose: 'home-tests', toHomeAgent: 0x1002, toMobileNode: 0x2002 },
  { purpose: 'prefix-discovery', toHomeAgent: 0x1003, toMobileNode: 0x2003 },
  { purpose: 'payload', toHomeAgent: 0x1004, toMobileNode: 0x2004 },
] as const;

/** Where a lab is when nobody says otherwise. */
export const DEFAULT_DIRECTORY = '/run/mip6guard/lab';

/** What names of namespaces begin with: every directory has a lab of its own. */
export function namespacePrefix(directory: string): string {
  const whole = path.resolve(directory);
  if (whole === DEFAULT_DIRECTORY) return 'mip6lab';
  return `mip6lab-${createHash('sha256').update(whole).digest('hex').slice(0, 8)}`;
}

/** Name of a namespace. */
export function namespaceOf(prefix: string, station: Namespace): string {
  return `${prefix}-${station}`;
}
