/**
 * Associations of a proxy out of its key files: towards mobile nodes, and for each of them towards the legacy home agent.
 */
import { formatAddress } from '../../../dissectors/core/address.ts';
import { nameOf } from '../../../nodes/ipsec/association-parameters.ts';
import type { NodeAssociationParameters } from '../../../nodes/ipsec/association-parameters.ts';
import type { AssociationDeclaration } from '../../../nodes/ipsec/associations.ts';
import { policiesOfHomeAgent, policiesOfMobileNode } from '../../../nodes/ipsec/policy.ts';
import type { HomeAddressPolicies } from '../../../nodes/ipsec/policy.ts';
import { nodeAssociations } from '../../nodes/node-keys.ts';
import type { ProxySettings } from './proxy-schema.ts';

type MobileNodeSettings = ProxySettings['mobileNodes'][number];
type Protection = ProxySettings['ipsec'];

/** Names of associations towards the legacy home agent begin so: in the store those of both sides are together. */
export const LEGACY_PREFIX = 'legacy ';

/** How a proxy speaks for one mobile node. */
export interface LegacySide {
  readonly homeAddress: Uint8Array;
  readonly policies: HomeAddressPolicies;
  readonly associations: readonly NodeAssociationParameters[];
  /** They are those of the mobile node itself. */
  readonly isSame: boolean;
}

/** Associations of both sides. */
export interface ProxyAssociations {
  readonly outside: {
    readonly policies: readonly HomeAddressPolicies[];
    readonly associations: readonly NodeAssociationParameters[];
  };
  /** One for each mobile node that is allowed. */
  readonly legacy: readonly LegacySide[];
}

function declared(
  protection: Protection,
  policies: HomeAddressPolicies,
  spis: MobileNodeSettings['spis'],
): AssociationDeclaration {
  const { keying, replayProtection, replayWindow } = protection;
  const countsReplays = replayProtection || keying === 'negotiated';
  return { policies, spis, keying, replayWindow: countsReplays ? replayWindow : 0 };
}

/** Whether nothing is said of the legacy home agent that would make it differ. */
function isSameSide({ legacy }: ProxySettings, { legacy: own }: MobileNodeSettings): boolean {
  const said = [legacy.keys.length, Object.keys(legacy.ipsec).length];
  if (own !== undefined) {
    said.push(own.keys.length, Object.keys(own.ipsec).length, Object.keys(own.spis).length);
  }
  return said.every((count) => count === 0);
}

/** The same association at the other end. */
function mirrored(parameters: NodeAssociationParameters): NodeAssociationParameters {
  return {
    ...parameters,
    side: 'mobile-node',
    direction: parameters.direction === 'in' ? 'out' : 'in',
  };
}

const named = (parameters: NodeAssociationParameters): NodeAssociationParameters => ({
  ...parameters,
  name: `${LEGACY_PREFIX}${nameOf(parameters)}`,
});

function byHome(
  all: readonly NodeAssociationParameters[],
): ReadonlyMap<string, NodeAssociationParameters[]> {
  const groups = new Map<string, NodeAssociationParameters[]>();
  for (const each of all) {
    const text = formatAddress(each.homeAddress);
    const group = groups.get(text);
    if (group === undefined) groups.set(text, [each]);
    else group.push(each);
  }
  return groups;
}

/**
 * Finds them.
 * @throws CliError (2) that names every association that is missing, ambiguous or unusable
 */
export async function proxyAssociations(
  settings: ProxySettings,
  warn: (text: string) => void,
): Promise<ProxyAssociations> {
  const { homeAgent, ipsec: common, legacy } = settings;
  // No update of one that is not allowed is ever taken: it needs no keys.
  const nodes = settings.mobileNodes.filter(({ allowed }) => allowed);
  const protectionOf = ({ ipsec }: MobileNodeSettings): Protection => ({ ...common, ...ipsec });
  const outside = nodes.map((node) => {
    const protection = protectionOf(node);
    const { homeAddress } = node;
    const policies = policiesOfHomeAgent({ ...protection, homeAddress, homeAgent });
    return declared(protection, policies, node.spis);
  });
  const outsideFiles = [...settings.keys, ...nodes.flatMap(({ keys }) => keys)];
  const found = await nodeAssociations(outsideFiles, outside, warn);
  const others = nodes.filter((node) => !isSameSide(settings, node));
  const inside = others.map((node) => {
    const own = node.legacy;
    const protection = { ...protectionOf(node), ...legacy.ipsec, ...own?.ipsec };
    const { homeAddress } = node;
    const policies = policiesOfMobileNode({ ...protection, homeAddress, homeAgent });
    const hasSpis = own !== undefined && Object.keys(own.spis).length > 0;
    return declared(protection, policies, hasSpis ? own.spis : node.spis);
  });
  const insideFiles = [...legacy.keys, ...others.flatMap((node) => node.legacy?.keys ?? [])];
  const hasOwnFiles = insideFiles.length > 0;
  const foundInside = await nodeAssociations(
    hasOwnFiles ? insideFiles : outsideFiles,
    inside,
    // Of the files of the mobile nodes it was told already what nobody has use for.
    hasOwnFiles ? warn : () => undefined,
  );
  const same = byHome(found.map(mirrored));
  const own = byHome(foundInside);
  return {
    outside: { policies: outside.map(({ policies }) => policies), associations: found },
    legacy: nodes.map((node): LegacySide => {
      const { homeAddress } = node;
      const text = formatAddress(homeAddress);
      const at = others.indexOf(node);
      const isSame = at < 0;
      const policies =
        inside[at]?.policies ??
        policiesOfMobileNode({ ...protectionOf(node), homeAddress, homeAgent });
      const associations = ((isSame ? same : own).get(text) ?? []).map(named);
      return { homeAddress, policies, associations, isSame };
    }),
  };
}
