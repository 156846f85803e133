/**
 * Tables of an engine whose content may outlive it. To be read and filled between packets; filled before the first.
 */
import type { EspSequences } from './ipsec/esp-sequence.ts';
import type { TunnelEndpoints } from './ipsec/tunnel-endpoints.ts';
import type { BindingTrafficCounter } from './state/binding-traffic.ts';
import type { Bindings } from './state/bindings.ts';
import type { EspRing } from './state/esp-ring.ts';
import type { HomeNetwork } from './state/home-network.ts';
import type { Links } from './state/links.ts';
import type { SecurityAssociation } from './state/security-association.ts';
import type { SeenMessages } from './state/seen-messages.ts';

/** What an engine believes and remembers. */
export interface EngineMemory {
  /** Time of the last packet, microseconds since 1970. */
  readonly time: number;
  readonly links: Links;
  readonly home: HomeNetwork;
  readonly bindings: Bindings;
  readonly bindingTraffic: BindingTrafficCounter;
  readonly endpoints: TunnelEndpoints;
  readonly ring: EspRing;
  readonly sequences: EspSequences;
  readonly seen: SeenMessages;
  readonly associations: readonly SecurityAssociation[];
}
