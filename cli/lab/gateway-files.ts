/**
 * Configurations of the gateways of a lab: as `mip6guard gateway` reads them outside of labs, too.
 */
import { writeFileSync } from 'node:fs';
import { cutsOf } from './gateway-topology.ts';
import type { GatewayWish, LabPlace, LabState } from './lab-state.ts';
import { ADDRESSES, PREFIXES, WIRES, linkLocalText } from './plan.ts';
import type { GatewayPlace } from './plan.ts';

const OWNER_ONLY = 0o600;

/** Names of the files and of the process of a gateway. */
export const GATEWAY_NAMES = {
  'home-agent': 'gateway',
  'access-link': 'access',
} as const satisfies Record<GatewayPlace, string>;

/** Where a gateway writes what happened. */
export function gatewayEve(place: LabPlace, at: GatewayPlace): string {
  return place.file('run', GATEWAY_NAMES[at], 'eve.json');
}

/** Configuration of a gateway of a lab. */
export function gatewayFile(place: LabPlace, at: GatewayPlace): string {
  return place.file(`${GATEWAY_NAMES[at]}.yaml`);
}

/** Writes the configuration of one gateway. */
export function writeGatewayFile(
  place: LabPlace,
  state: Pick<LabState, 'routeOptimisation'>,
  wish: GatewayWish,
  at: GatewayPlace,
): void {
  // JSON is YAML as well.
  const text = JSON.stringify(configuration(place, state, wish, at), undefined, 2);
  writeFileSync(gatewayFile(place, at), `${text}\n`, { mode: OWNER_ONLY });
}

function configuration(
  place: LabPlace,
  { routeOptimisation }: Pick<LabState, 'routeOptimisation'>,
  { mode, failMode, hasKeys }: GatewayWish,
  at: GatewayPlace,
): object {
  const cuts = cutsOf(at);
  const name = GATEWAY_NAMES[at];
  const role = { home: 'home', core: 'transit', foreign1: 'foreign', foreign2: 'foreign' } as const;
  return {
    version: 1,
    failMode,
    mode,
    place: at,
    homeAgents: [ADDRESSES.homeAgent],
    homePrefixes: [`${PREFIXES.home}/64`],
    path: {
      hook: 'bridge',
      ports: {
        outside: cuts.map(({ outside }) => outside),
        inside: cuts.map(({ inside }) => inside),
      },
    },
    site: {
      homeAgents: [
        {
          name: 'ha',
          addresses: [ADDRESSES.homeAgent, linkLocalText(WIRES.haHome)],
          homePrefixes: [`${PREFIXES.home}/64`],
          linkLayerAddresses: [WIRES.haHome.linkLayerAddress],
        },
      ],
      links: cuts.map(({ link, outside, inside }) => ({
        name: link,
        role: role[link],
        interfaces: [outside, inside],
      })),
      mobileNodes: [{ name: 'mn', homeAddress: ADDRESSES.homeAddress }],
      // On the direct way to correspondents payload has no IPsec: RFC 6275 section 5.
      ipsec: { signalling: 'required', payload: routeOptimisation ? 'optional' : 'required' },
    },
    // A machine that runs a whole lab may be slow.
    deadline: '500ms',
    // Networks that mobile nodes visit do not have their keys.
    keys: hasKeys && at === 'home-agent' ? [place.keys] : [],
    eve: { file: gatewayEve(place, at) },
    state: place.file('run', name, 'state.db'),
    keepDropped: { directory: place.file('run', name, 'dropped') },
    control: place.socket(name),
    runDirectory: place.file('run', name),
  };
}
