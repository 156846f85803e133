/**
 * Bindings of a store, taken up when a home agent starts: interception, tunnels and sequence numbers go on.
 */
import { formatAddress } from '../../../dissectors/core/address.ts';
import type { BindingCacheEntry } from '../../binding-cache.ts';
import type { HomeAgentContext } from '../home-agent-parts.ts';
import type { AddressDefence } from './address-defence.ts';
import type { FormerBindings } from './former-bindings.ts';
import type { StoredBindings } from './stored-bindings.ts';

/** What restoring works with. */
export interface RestoreParts {
  readonly context: HomeAgentContext;
  readonly stored: StoredBindings;
  readonly former: FormerBindings;
  readonly defence: AddressDefence;
}

/** What is no longer served by configuration is forgotten, and told. */
export function restoreBindings({ context, stored, former, defence }: RestoreParts): void {
  const { host, events } = context;
  const loaded = stored.load();
  const restored: BindingCacheEntry[] = [];
  for (const entry of loaded.bindings) {
    if (isServed(context, entry)) {
      host.bindings.set(entry);
      restored.push(entry);
    } else {
      const homeAddress = formatAddress(entry.homeAddress);
      host.tell('warn', 'stored-binding-not-served', { homeAddress });
      stored.remove(entry.homeAddress);
    }
  }
  for (const { record, seconds } of loaded.former) {
    former.remember(record.homeAddress, record.sequence, seconds);
  }
  // Nobody could take the addresses: there is no new duplicate address detection, as there is none for a refresh.
  defence.restore(restored);
  for (const entry of restored) {
    const { homeAddress, localAddress: local, careOfAddress: remote } = entry;
    host.ipsec?.moveTunnel(homeAddress, { local, remote, homeAddress });
    events.tellRegistered(entry);
  }
  if (restored.length > 0) host.tell('info', 'bindings-restored', { count: restored.length });
}

function isServed(
  { host, prefixes, mobileNodes }: HomeAgentContext,
  entry: BindingCacheEntry,
): boolean {
  const policy = mobileNodes.find(entry.homeAddress);
  return (
    policy !== undefined &&
    policy.isAllowed !== false &&
    prefixes.of(entry.homeAddress) !== undefined &&
    host.bindings.hasRoom(true)
  );
}
