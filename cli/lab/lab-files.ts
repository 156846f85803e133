/**
 * Files of a lab: keys, configurations of the nodes, and the site file for the analyzer.
 */
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import type { LabPlace, LabState } from './lab-state.ts';
import { ADDRESSES, ASSOCIATIONS, PREFIXES, WIRES, linkLocalText } from './plan.ts';

const OWNER_ONLY = 0o600;
const AES_OCTETS = 16;
const HMAC_OCTETS = 32;
/** Router advertisements as often as mobile nodes want them, seconds. RFC 6275 section 7.5. */
export const ADVERTISEMENT = { minimum: 0.1, maximum: 0.3, lifetime: 30 } as const;
/** Seconds that a registration is asked for. */
const LIFETIME = 600;

/** Writes all of them. */
export function writeLabFiles(place: LabPlace, state: LabState): void {
  const write = (file: string, text: string): void => {
    writeFileSync(file, text, { mode: OWNER_ONLY });
  };
  write(place.keys, keyText());
  // JSON is YAML as well: no text of the plan has to be quoted for it.
  const files = [
    [place.configuration('ha'), homeAgent(place, state)],
    [place.configuration('mn'), mobileNode(place, state)],
    [place.configuration('cn'), correspondent(place, state)],
    [place.site, site(state)],
  ] as const;
  for (const [file, content] of files) write(file, `${JSON.stringify(content, undefined, 2)}\n`);
}

/** Wireshark's table, with keys that nobody has but this lab. */
function keyText(): string {
  const { homeAddress, homeAgent } = ADDRESSES;
  const rows = ASSOCIATIONS.flatMap(({ purpose, toHomeAgent, toMobileNode }) => {
    // What goes through the tunnel stands between the home agent and care-of addresses.
    const isTunnel = purpose === 'home-tests' || purpose === 'payload';
    const mobile = isTunnel ? '*' : homeAddress;
    return [row(mobile, homeAgent, toHomeAgent), row(homeAgent, mobile, toMobileNode)];
  });
  return `# Keys of a lab. They protect nothing but that.\n${rows.join('\n')}\n`;
}

function row(source: string, destination: string, spi: number): string {
  const words = [
    ...['IPv6', source, destination, `0x${spi.toString(16).padStart(8, '0')}`],
    ...['AES-CBC [RFC3602]', hex(AES_OCTETS)],
    ...['HMAC-SHA-256-128 [RFC4868]', hex(HMAC_OCTETS)],
  ];
  return words.map((word) => `"${word}"`).join(',');
}

function hex(octets: number): string {
  return `0x${randomBytes(octets).toString('hex')}`;
}

const spis = Object.fromEntries(
  ASSOCIATIONS.map(({ purpose, toHomeAgent, toMobileNode }) => [
    purpose,
    { toHomeAgent, toMobileNode },
  ]),
);

const protection = { payload: 'esp' } as const;

function common(place: LabPlace, node: 'ha' | 'mn' | 'cn'): object {
  return {
    control: place.socket(node),
    runDirectory: place.file('run', node),
  };
}

function homeAgent(place: LabPlace, { isPermissive }: LabState): object {
  const { homeAgent: agentAddress, homeAgentCore, homeAddress } = ADDRESSES;
  const { maximum, minimum, lifetime } = ADVERTISEMENT;
  return {
    version: 1,
    role: 'home-agent',
    name: 'ha',
    links: [
      { interface: WIRES.haHome.name, addresses: [`${agentAddress}/64`] },
      {
        interface: WIRES.haCore.name,
        addresses: [`${homeAgentCore}/64`],
        router: linkLocalText(WIRES.routerCore),
      },
    ],
    keys: [place.keys],
    ipsec: protection,
    homeAgent: {
      prefixes: [{ prefix: `${PREFIXES.home}/64`, interface: WIRES.haHome.name, agentAddress }],
      mobileNodes: [{ name: 'mn', homeAddress, spis }],
      deregistration: isPermissive ? 'rfc' : 'strict',
      advertisements: {
        maximumInterval: maximum,
        minimumInterval: minimum,
        routerLifetime: lifetime,
      },
    },
    ...common(place, 'ha'),
  };
}

function mobileNode(place: LabPlace, { homeLink, routeOptimisation }: LabState): object {
  const { homeAddress, homeAgent: agent } = ADDRESSES;
  return {
    version: 1,
    role: 'mobile-node',
    name: 'mn',
    links: [{ interface: WIRES.mn.name }],
    tun: { name: 'mip0', mtu: 1280, routes: ['default'] },
    keys: [place.keys],
    ipsec: protection,
    mobileNode: {
      homeAddresses: [{ address: `${homeAddress}/64`, homeAgents: [agent], spis }],
      homeLink,
      lifetime: LIFETIME,
      routeOptimisation,
      duplicateDetection: 'optimistic',
    },
    ...common(place, 'mn'),
  };
}

function correspondent(place: LabPlace, { routeOptimisation }: LabState): object {
  return {
    version: 1,
    role: 'correspondent-node',
    name: 'cn',
    links: [
      {
        interface: WIRES.cn.name,
        addresses: [`${ADDRESSES.correspondent}/64`],
        router: linkLocalText(WIRES.routerCore),
      },
    ],
    tun: { name: 'mip0', mtu: 1280, routes: ['default'] },
    correspondent: { routeOptimisation },
    ...common(place, 'cn'),
  };
}

function site({ routeOptimisation }: LabState): object {
  return {
    version: 1,
    homeAgents: [
      {
        name: 'ha',
        addresses: [ADDRESSES.homeAgent, linkLocalText(WIRES.haHome)],
        homePrefixes: [`${PREFIXES.home}/64`],
        linkLayerAddresses: [WIRES.haHome.linkLayerAddress],
      },
    ],
    links: [
      { name: 'home', role: 'home', interfaces: ['home'] },
      { name: 'foreign1', role: 'foreign', interfaces: ['foreign1'] },
      { name: 'foreign2', role: 'foreign', interfaces: ['foreign2'] },
      { name: 'core', role: 'transit', interfaces: ['core'] },
    ],
    mobileNodes: [{ name: 'mn', homeAddress: ADDRESSES.homeAddress }],
    // On the direct way to correspondents payload has no IPsec: RFC 6275 section 5.
    ipsec: { signalling: 'required', payload: routeOptimisation ? 'optional' : 'required' },
  };
}
