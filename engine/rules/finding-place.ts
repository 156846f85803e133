/**
 * Where in the network a finding belongs: what scopes, thresholds and suppressions look at.
 */
import { addressKey, prefixMatches } from '../../dissectors/core/address.ts';
import type { EngineEvent } from '../events.ts';
import type { AlertDraft } from '../rule-api.ts';
import type { ScopePrefix, Track } from './settings.ts';

/** A finding with the addresses of the packet that decided it, 16 octets each, where a packet did. */
export interface PlacedFinding {
  readonly draft: AlertDraft;
  readonly source?: Uint8Array | undefined;
  readonly destination?: Uint8Array | undefined;
}

/** Addresses of the packet of an event: what passing time or the end of a binding decides has none. */
export function addressesOf(event: EngineEvent): Pick<PlacedFinding, 'source' | 'destination'> {
  if (!('context' in event)) return {};
  const { source, destination } = event.context;
  return { source, destination };
}

/** Who acts: the source of the deciding packet, else the attacker that the finding names. */
export function sourceOf({ source, draft }: PlacedFinding): Uint8Array | undefined {
  return source ?? draft.attacker;
}

/** To whom: the destination of the deciding packet, else the home agent or home address that the finding names. */
export function destinationOf({ destination, draft }: PlacedFinding): Uint8Array | undefined {
  return destination ?? draft.homeAgent ?? draft.homeAddress;
}

function textOf(address: Uint8Array | undefined): string {
  if (address === undefined) return '';
  return address.length === 16 ? addressKey(address) : String.fromCharCode(...address);
}

/** What a finding is counted under. */
export function trackKey(track: Track, finding: PlacedFinding): string {
  switch (track) {
    case 'by_src':
      return textOf(sourceOf(finding));
    case 'by_dst':
      return textOf(destinationOf(finding));
    case 'by_both':
      return `${textOf(sourceOf(finding))}/${textOf(destinationOf(finding))}`;
    case 'by_home_address':
      return textOf(finding.draft.homeAddress);
    case 'by_rule':
      return '';
  }
}

/** Whether an address lies in a prefix; a link-layer address lies in none. */
export function isWithin(address: Uint8Array | undefined, scope: ScopePrefix): boolean {
  if (address?.length !== 16) return false;
  return prefixMatches(scope.prefix, scope.length, address, 0);
}
