/**
 * What can be judged of the packets of each protected home agent: content with keys, layout, ring and state without.
 */
import { formatAddress, prefixMatches } from '../../dissectors/core/address.ts';
import type { LoadedKeys } from '../session.ts';

/** A home agent, and what of it can be opened. */
export interface AgentProtection {
  readonly address: string;
  /** Associations that are about it. */
  readonly associations: number;
  /** IKE secrets may open any. */
  readonly hasKeys: boolean;
}

/** What there are keys for. */
export function agentProtections(
  homeAgents: readonly Uint8Array[],
  { associations, ike }: Pick<LoadedKeys, 'associations' | 'ike'>,
): AgentProtection[] {
  return homeAgents.map((agent) => {
    const count = associations.filter(({ source, destination }) =>
      [source, destination].some(
        ({ bytes, length }) =>
          bytes.length === agent.length && length > 0 && prefixMatches(bytes, length, agent, 0),
      ),
    ).length;
    return {
      address: formatAddress(agent),
      associations: count,
      hasKeys: count > 0 || ike.length > 0,
    };
  });
}

/** The sentence of one agent, for the log of the start. */
export function protectionText({ address, associations, hasKeys }: AgentProtection): string {
  if (!hasKeys) {
    return `home agent ${address}: no keys: judged by layout, copies of ESP (SPI, sequence number, ICV) and state`;
  }
  const what = associations === 0 ? 'secrets of IKE' : `${associations} associations`;
  return `home agent ${address}: ${what}: content is judged as well as layout, copies and state`;
}
