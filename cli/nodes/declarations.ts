/**
 * Home addresses of a configuration as IPsec knows them: with whom, what is protected, and which associations are for what.
 */
import { prefixMatches } from '../../dissectors/core/address.ts';
import type { AssociationDeclaration } from '../../nodes/ipsec/associations.ts';
import { policiesOfHomeAgent, policiesOfMobileNode } from '../../nodes/ipsec/policy.ts';
import type { HomeAddressPolicies, ProtectionDeclaration } from '../../nodes/ipsec/policy.ts';
import type { HomeAgentSettings, MobileNodeSettings, NodeDocument } from './node-schema.ts';

type Ipsec = NodeDocument['ipsec'];
type ServedNode = HomeAgentSettings['mobileNodes'][number];
type OwnHomeAddress = MobileNodeSettings['homeAddresses'][number];

/** Address of the home agent that mobile nodes of a home prefix register with; of the longest prefix, as it is served. */
export function agentOf(
  { prefixes }: HomeAgentSettings,
  homeAddress: Uint8Array,
): Uint8Array | undefined {
  let found: HomeAgentSettings['prefixes'][number] | undefined;
  for (const each of prefixes) {
    const { bytes, length } = each.prefix;
    if (length <= (found?.prefix.length ?? 0)) continue;
    if (prefixMatches(bytes, length, homeAddress, 0)) found = each;
  }
  return found?.agentAddress;
}

/** The home agent that the associations of a home address are with; undefined = the configuration does not say. */
export function keyHolder({ homeAgents, keysWith }: OwnHomeAddress): Uint8Array | undefined {
  return homeAgents[0] ?? keysWith;
}

/** Protection of a home address: its own where it says something, else that of the section `ipsec`. */
export function protectionOf(common: Ipsec, { ipsec: own }: ServedNode | OwnHomeAddress): Ipsec {
  return { ...common, ...own };
}

function declared(
  ipsec: Ipsec,
  policies: HomeAddressPolicies,
  spis: ServedNode['spis'],
): AssociationDeclaration {
  const { keying, replayProtection, replayWindow } = ipsec;
  const countsReplays = replayProtection || keying === 'negotiated';
  return { policies, spis, keying, replayWindow: countsReplays ? replayWindow : 0 };
}

function servedDeclarations({ homeAgent, ipsec }: NodeDocument): AssociationDeclaration[] {
  if (homeAgent === undefined) return [];
  return homeAgent.mobileNodes.flatMap((node) => {
    const { homeAddress, mobileNetworks, keepIpsecAtHome, spis } = node;
    const agent = agentOf(homeAgent, homeAddress);
    // No update of one that is not allowed is ever taken: it needs no keys.
    if (agent === undefined || !node.allowed) return [];
    const protection = protectionOf(ipsec, node);
    const declaration: ProtectionDeclaration = {
      ...protection,
      ...{ homeAddress, homeAgent: agent, keepIpsecAtHome, mobileNetworks },
    };
    return [declared(protection, policiesOfHomeAgent(declaration), spis)];
  });
}

function ownDeclarations({ mobileNode, ipsec }: NodeDocument): AssociationDeclaration[] {
  if (mobileNode === undefined) return [];
  const { keepIpsecAtHome, mobileNetworks } = mobileNode;
  return mobileNode.homeAddresses.flatMap((home) => {
    const agent = keyHolder(home);
    if (agent === undefined) return [];
    const protection = protectionOf(ipsec, home);
    const declaration: ProtectionDeclaration = {
      ...protection,
      ...{ homeAddress: home.address.address, homeAgent: agent, keepIpsecAtHome, mobileNetworks },
    };
    return [declared(protection, policiesOfMobileNode(declaration), home.spis)];
  });
}

/** Home addresses whose associations the key files have to hold. */
export function declarationsOf(settings: NodeDocument): AssociationDeclaration[] {
  return [...servedDeclarations(settings), ...ownDeclarations(settings)];
}
