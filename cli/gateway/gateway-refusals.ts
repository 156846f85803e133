/**
 * Configurations that would lock somebody out: refused, unless forced.
 */
import { networkInterfaces } from 'node:os';
import {
  formatAddress,
  formatPrefix,
  parseAddress,
  prefixMatches,
} from '../../dissectors/core/address.ts';
import { ConfigurationError } from '../configuration-error.ts';
import type { ConfigurationProblem } from '../configuration-error.ts';
import type { Terminal } from '../terminal.ts';
import type { GatewayConfiguration } from './gateway-configuration.ts';
import { droppedKinds } from './probe-packets.ts';
import type { ProbeKind } from './probe-packets.ts';
import { agentProtections } from './protection.ts';

const HINT = 'With --force the gateway starts nevertheless.';

/** What it means when all packets of a kind are dropped. */
const MEANINGS: Readonly<Record<ProbeKind, string>> = {
  esp: 'all ESP of the protected home agents would be dropped, signalling and tunnels of every mobile node',
  'neighbor-discovery':
    'all neighbor discovery would be dropped, and nobody on the link reaches anybody',
};

/** Global IPv6 addresses of this machine. */
export function ownAddresses(): Uint8Array[] {
  return Object.values(networkInterfaces())
    .flatMap((each) => each ?? [])
    .filter(({ family, internal, scopeid }) => family === 'IPv6' && !internal && scopeid === 0)
    .flatMap(({ address }) => parseAddress(address) ?? []);
}

/**
 * Why a configuration is refused, each reason at its place.
 * @param own addresses of this machine
 * @param before a configuration that was accepted: what is the same needs no second look
 */
export function refusals(
  configuration: GatewayConfiguration,
  own: readonly Uint8Array[],
  before?: GatewayConfiguration,
): ConfigurationProblem[] {
  const { settings, watched } = configuration;
  const { failMode, homeAgents, homePrefixes, place, problemAt } = settings;
  const isClosed = failMode === 'closed';
  const found: ConfigurationProblem[] = [];
  for (const [index, { bytes, length }] of homePrefixes.entries()) {
    const at = ['homePrefixes', index] as const;
    if (length === 0) {
      found.push(
        problemAt(at, '::/0 is every address: all traffic would be taken for that of mobile nodes'),
      );
      continue;
    }
    const covered = isClosed
      ? own.filter((address) => prefixMatches(bytes, length, address, 0))
      : [];
    for (const address of covered) {
      found.push(
        problemAt(
          at,
          `${formatPrefix({ bytes, length })} covers ${formatAddress(address)}, an address of this machine: with failMode closed it is cut off when the gateway fails`,
        ),
      );
    }
  }
  if (isClosed && place.includes('home-agent')) {
    for (const [index, agent] of agentProtections(homeAgents, watched.keys).entries()) {
      if (agent.hasKeys) continue;
      found.push(
        problemAt(
          ['homeAgents', index],
          `there are no keys for ${agent.address}, and failMode is closed: what cannot be judged would be dropped; give keys, or failMode: open`,
        ),
      );
    }
  }
  const isKnown = before !== undefined && hasSameVerdicts(before, configuration);
  for (const { kind, rules } of isKnown ? [] : droppedKinds(configuration)) {
    const [first = ''] = rules;
    const isSet = Object.hasOwn(settings.verdicts, first);
    found.push(
      problemAt(
        isSet ? ['verdicts', first] : ['rules'],
        `${MEANINGS[kind]}, by ${rules.join(', ')}; give it the verdict alert`,
      ),
    );
  }
  return found;
}

/** Whether two configurations come to the same verdicts, as far as rules and settings of rules say. */
function hasSameVerdicts(one: GatewayConfiguration, other: GatewayConfiguration): boolean {
  const textOf = ({ settings, watched }: GatewayConfiguration): string =>
    JSON.stringify([
      settings.verdicts,
      settings.dropPartial,
      watched.localRules.map(({ definition: { id, revision } }) => [id, revision]),
      watched.site.rules,
      (watched.site.overrides ?? []).length,
    ]);
  return textOf(one) === textOf(other) && (other.watched.site.overrides ?? []).length === 0;
}

/**
 * Refuses what would lock somebody out.
 * @param isForced the reasons are told only
 * @throws ConfigurationError (2) with all of them
 */
export function refuseLockOut(
  configuration: GatewayConfiguration,
  isForced: boolean,
  terminal: Pick<Terminal, 'say'>,
  own: readonly Uint8Array[] = ownAddresses(),
  before?: GatewayConfiguration,
): void {
  const found = refusals(configuration, own, before);
  if (found.length === 0) return;
  const error = new ConfigurationError(configuration.settings.file, found, { hint: HINT });
  if (!isForced) throw error;
  terminal.say(`mip6guard: warning: forced:\n${error.message}`);
}
