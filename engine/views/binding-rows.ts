/**
 * Bindings as rows of a screen.
 */
import { addressKey, formatAddress, isSameAddress } from '../../dissectors/core/address.ts';
import type { AddressKey } from '../../dissectors/core/address.ts';
import { BINDING_UPDATE_FLAGS } from '../../dissectors/mobility/messages/binding.ts';
import type { Alert } from '../alert.ts';
import { SEVERITIES } from '../rule-api.ts';
import type { Binding, BindingChange } from '../state/binding-cache.ts';
import type { BindingRow, BindingStep, Trust } from './model/state.ts';
import { NOT_KEPT, lastOf, secondsAt } from './row-place.ts';
import type { RowPlace } from './row-place.ts';

/** Rows of a view: of more bindings those used last are shown. */
export const MAX_BINDING_ROWS = 1000;
/** Severity from which an alert makes a binding suspicious. */
const SUSPICIOUS = SEVERITIES.indexOf('medium');

/** Alerts that make bindings suspicious, by home address. */
type Suspicions = ReadonlyMap<AddressKey, readonly Alert[]>;

function suspicionsOf(alerts: readonly Alert[]): Suspicions {
  const found = new Map<AddressKey, Alert[]>();
  for (const alert of alerts) {
    const { homeAddress } = alert.draft;
    if (homeAddress === undefined || SEVERITIES.indexOf(alert.severity) < SUSPICIOUS) continue;
    const key = addressKey(homeAddress);
    const known = found.get(key);
    if (known === undefined) found.set(key, [alert]);
    else known.push(alert);
  }
  return found;
}

function trustOf({ homeAddress, peer, knownBy }: Readonly<Binding>, suspicions: Suspicions): Trust {
  const alerts = suspicions.get(addressKey(homeAddress)) ?? [];
  const isNamed = alerts.some(
    ({ draft: { homeAgent } }) => homeAgent === undefined || isSameAddress(homeAgent, peer),
  );
  if (isNamed) return 'suspicious';
  if (knownBy === 'decrypted' || knownBy === 'authenticated') return 'authenticated';
  return knownBy === 'inferred' ? 'inferred' : 'clear';
}

/** Letters of the flags of a Binding Update that are set: `A`, `H`, `L`, `K`. RFC 6275 section 6.1.7. */
function flagLetters(word: number | undefined): string[] {
  if (word === undefined) return [];
  return Object.values(BINDING_UPDATE_FLAGS)
    .filter(({ mask }) => (word & mask) !== 0)
    .map(({ label }) => /\((\w)\)$/.exec(label)?.[1] ?? label);
}

function stepOf(change: BindingChange, place: RowPlace): BindingStep {
  const { packet, phase, careOfAddress, sequence, lifetime, status, knownBy } = change;
  return {
    packet: place.positionOf(packet) ?? NOT_KEPT,
    seconds: secondsAt(packet.time, place),
    phase,
    careOfAddress: formatAddress(careOfAddress),
    sequence,
    lifetime,
    status,
    knownBy,
  };
}

/**
 * Rows of bindings, oldest first; of more than `MAX_BINDING_ROWS` those used last.
 * @param bindings least recently used first
 * @param alerts those that make bindings suspicious
 */
export function bindingRows(
  bindings: Iterable<Readonly<Binding>>,
  alerts: readonly Alert[],
  place: RowPlace,
): BindingRow[] {
  const chosen = lastOf(bindings, MAX_BINDING_ROWS);
  const suspicions = suspicionsOf(alerts);
  return chosen
    .sort((a, b) => a.firstSeen - b.firstSeen)
    .map((binding) => ({
      homeAddress: formatAddress(binding.homeAddress),
      peer: formatAddress(binding.peer),
      role: binding.role,
      phase: binding.phase,
      careOfAddress: formatAddress(binding.careOfAddress),
      sequence: binding.sequence,
      lifetime: binding.lifetime,
      expires: binding.expiresAt === 0 ? undefined : secondsAt(binding.expiresAt, place),
      flags: flagLetters(binding.flags),
      trust: trustOf(binding, suspicions),
      knownBy: binding.knownBy,
      tunnelPackets: binding.tunnelPackets,
      history: binding.history.map((change) => stepOf(change, place)),
      historyDropped: binding.historyDropped,
    }));
}
