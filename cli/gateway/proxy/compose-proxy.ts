/**
 * A proxy home agent out of its configuration. No I/O: links, time and chance are handed in.
 */
import { formatAddress } from '../../../dissectors/core/address.ts';
import type {
  AssociationState,
  BindingStore,
  LinkPort,
  RandomSource,
  Scheduler,
} from '../../../engine/ports.ts';
import { nameOf } from '../../../nodes/ipsec/association-parameters.ts';
import { NodeIpsec } from '../../../nodes/ipsec/node-ipsec.ts';
import type { AssociationDescription } from '../../../nodes/ipsec/node-ipsec.ts';
import type { NodeLog } from '../../../nodes/node-log.ts';
import { ProxyHomeAgent } from '../../../nodes/proxy-home-agent/proxy-home-agent.ts';
import type { ProxiedMobileNode } from '../../../nodes/proxy-home-agent/proxy-parts.ts';
import { LEGACY_PREFIX } from './proxy-associations.ts';
import type { LegacySide, ProxyAssociations } from './proxy-associations.ts';
import type { ProxySettings } from './proxy-schema.ts';

/** Ciphers of one mobile node towards the legacy home agent: it has two associations in tunnel mode each way at most. */
const CIPHERS_OF_ONE = 8;

/** What a proxy is handed. */
export interface ProxySurroundings {
  readonly scheduler: Scheduler;
  readonly random: RandomSource;
  readonly log: NodeLog;
  /** The port of an interface of the configuration. */
  readonly port: (name: string) => LinkPort;
  readonly store?: BindingStore | undefined;
  /** Called when sequence numbers of associations should be written down again. */
  readonly onSnapshotDue?: (() => void) | undefined;
}

/** A proxy that is put together. */
export interface ComposedProxy {
  readonly proxy: ProxyHomeAgent;
  /** All associations, without their keys. */
  describe(): AssociationDescription[];
  /** Sequence numbers to keep over a restart, and back: before the first packet. */
  snapshot(): AssociationState[];
  restore(states: readonly AssociationState[]): void;
}

/** Puts it together. @throws RangeError when associations do not fit */
export function composeProxy(
  settings: ProxySettings,
  { outside: found, legacy }: ProxyAssociations,
  surroundings: ProxySurroundings,
): ComposedProxy {
  const { random, log, onSnapshotDue, scheduler, store, port } = surroundings;
  const outside = new NodeIpsec({ random, log, onSnapshotDue });
  for (const policies of found.policies) outside.addPolicies(policies);
  const owners = new Map<string, Uint8Array>();
  for (const association of found.associations) {
    outside.add(association);
    owners.set(nameOf(association), association.homeAddress);
  }
  const sides = new Map<string, NodeIpsec>();
  const isSame = new Map<string, boolean>();
  for (const side of legacy) {
    const text = formatAddress(side.homeAddress);
    sides.set(text, legacyIpsec(side, surroundings));
    isSame.set(text, side.isSame);
  }
  const mobileNodes = settings.mobileNodes.map((node): ProxiedMobileNode => {
    const { homeAddress, deregistration, maximumLifetime, name } = node;
    const text = formatAddress(homeAddress);
    return {
      policy: {
        homeAddress,
        isAllowed: node.allowed,
        ...(deregistration === undefined ? {} : { deregistration }),
        ...(maximumLifetime === undefined ? {} : { maximumLifetime }),
        ...(name === undefined ? {} : { name }),
      },
      legacy: sides.get(text) ?? new NodeIpsec({ random, ciphers: 1 }),
      hasSameAssociations: isSame.get(text) ?? true,
    };
  });
  const { second, homeLink } = settings;
  const pair = (from: { outside: string; inside: string }, isHomeLink: boolean) => ({
    outside: port(from.outside),
    inside: port(from.inside),
    isHomeLink,
  });
  const proxy = new ProxyHomeAgent({
    ...{ scheduler, random, log, mobileNodes, outside },
    homeAgent: settings.homeAgent,
    otherAddresses: settings.otherAddresses,
    pairs: [
      pair(settings, homeLink === 'outside'),
      ...(second === undefined ? [] : [pair(second, homeLink === 'second')]),
    ],
    homeAddressOf: (association) => owners.get(association),
    registration: {
      deregistration: settings.deregistration,
      ingress: settings.deregistrationIngress,
      alternateCareOfAddress: settings.alternateCareOfAddress,
      maximumLifetime: settings.maximumLifetime,
      updatesPerSecond: settings.updateRate,
    },
    otherProtection: settings.otherProtection,
    routers: settings.routers,
    ...(store === undefined ? {} : { store }),
  });
  const all = [outside, ...sides.values()];
  return {
    proxy,
    describe: () => all.flatMap((each) => each.describe()),
    snapshot: () => all.flatMap((each) => each.snapshot()),
    restore: (states) => {
      outside.restore(states.filter(({ name }) => !name.startsWith(LEGACY_PREFIX)));
      const byName = new Map(states.map((state) => [state.name, state]));
      for (const ipsec of sides.values()) {
        ipsec.restore(ipsec.describe().flatMap(({ name }) => byName.get(name) ?? []));
      }
    },
  };
}

/** IPsec of a mobile node as the legacy home agent knows it. */
function legacyIpsec(
  { policies, associations }: LegacySide,
  { random, log, onSnapshotDue }: ProxySurroundings,
): NodeIpsec {
  const ipsec = new NodeIpsec({ random, log, onSnapshotDue, ciphers: CIPHERS_OF_ONE });
  ipsec.addPolicies(policies);
  for (const association of associations) ipsec.add(association);
  return ipsec;
}
