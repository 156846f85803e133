/**
 * What the parts of a configuration say together, and its schema cannot see.
 */
import { formatAddress, isSameAddress } from '../../dissectors/core/address.ts';
import type { ValuePath } from '../yaml-document.ts';
import type { GatewayDocument } from './gateway-schema.ts';

/** Something wrong, at a place of the configuration. */
export interface GatewayFinding {
  readonly path: ValuePath;
  readonly message: string;
}

type Findings = Generator<GatewayFinding>;

/** Why `homeLink` has to be chosen. */
const HOME_LINK =
  'missing: expected inside, outside or elsewhere: on which side of the gateway the home link is. ' +
  'A node that comes home is de-registered from there; from the other side that is an attack';

/** Everything wrong. */
export function* gatewayFindings(settings: GatewayDocument): Findings {
  yield* pathFindings(settings);
  yield* placeFindings(settings);
  yield* doubles(settings);
  const { metrics, health } = settings;
  if (metrics !== undefined && metrics === health) {
    yield { path: ['health'], message: 'metrics has this place, and serves /healthz as well' };
  }
}

function* pathFindings({ path: { hook, pair, ports, queue } }: GatewayDocument): Findings {
  const at = (...more: (string | number)[]): ValuePath => ['path', ...more];
  if (hook === undefined && pair === undefined) {
    yield {
      path: at(),
      message:
        'missing: expected hook (routed, bridge or local: the kernel hands packets over), or pair ' +
        '(two interfaces that the gateway joins itself)',
    };
    return;
  }
  if (hook !== undefined && pair !== undefined) {
    yield { path: at('pair'), message: 'expected either hook or pair' };
  }
  const named = [...ports.outside, ...ports.inside];
  if (pair !== undefined) {
    if (pair[0] === pair[1]) {
      yield { path: at('pair', 1), message: 'expected another interface than the first' };
    }
    if (named.length > 0) yield { path: at('ports'), message: 'pair names the ports already' };
    if (queue.count > 1) {
      yield { path: at('queue', 'count'), message: 'a pair has no queues; remove it' };
    }
  }
  if (hook === 'bridge' && (ports.outside.length === 0 || ports.inside.length === 0)) {
    yield {
      path: at('ports'),
      message: 'missing: expected outside and inside, the ports of the bridge',
    };
  }
  for (const [index, name] of ports.inside.entries()) {
    if (ports.outside.includes(name)) {
      yield { path: at('ports', 'inside', index), message: 'outside has this interface as well' };
    }
  }
  if (queue.first + queue.count > 65_536) {
    yield { path: at('queue', 'count'), message: 'expected queues up to number 65535' };
  }
}

function* placeFindings(settings: GatewayDocument): Findings {
  const { place, homeAgents, homePrefixes, correspondents, homeLink, path, site } = settings;
  const { hook } = path;
  const hasPlace = (name: (typeof place)[number]): boolean => place.includes(name);
  if (hasPlace('home-agent') && homeAgents.length === 0) {
    yield {
      path: ['homeAgents'],
      message: 'missing: expected the addresses of the home agents that are protected',
    };
  }
  if (hasPlace('access-link') && homePrefixes.length === 0) {
    yield {
      path: ['homePrefixes'],
      message: 'missing: expected the home prefixes, which nobody may advertise on an access link',
    };
  }
  if (hasPlace('correspondent') && correspondents.length === 0) {
    yield {
      path: ['correspondents'],
      message: 'missing: expected the addresses of the correspondents that are protected',
    };
  }
  if (!hasPlace('correspondent') && correspondents.length > 0) {
    yield {
      path: ['correspondents'],
      message: 'they are protected by place: correspondent, which is not given',
    };
  }
  const links = typeof site === 'object' ? site.links : [];
  const isTold = typeof site === 'string' || links.length > 0;
  if (hasPlace('home-agent') && hook !== 'local' && homeLink === undefined && !isTold) {
    yield { path: ['homeLink'], message: HOME_LINK };
  }
  if (hook === 'routed' && homeLink === 'outside') {
    yield {
      path: ['homeLink'],
      message: 'a gateway that routes is never within the home link; expected inside or elsewhere',
    };
  }
  const isTwofold =
    hasPlace('access-link') && (hasPlace('home-agent') || hasPlace('correspondent'));
  if (isTwofold && !isTold) {
    yield {
      path: ['place'],
      message:
        'the ports of one gateway cannot be an access link and something else; give the roles of links in site',
    };
  }
}

function* doubles({ homeAgents, correspondents }: GatewayDocument): Findings {
  for (const [name, addresses] of [
    ['homeAgents', homeAgents],
    ['correspondents', correspondents],
  ] as const) {
    for (const [index, address] of addresses.entries()) {
      const before = addresses.findIndex((other) => isSameAddress(other, address));
      if (before < index) {
        yield { path: [name, index], message: `${formatAddress(address)} is given twice` };
      }
    }
  }
}
