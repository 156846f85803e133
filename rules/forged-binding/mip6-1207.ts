import {
  BINDING_UPDATE_FLAGS,
  addressKey,
  bindingUpdateOf,
  defineRule,
  evidenceOf,
  formatAddress,
  isSameAddress,
} from '../../engine/rule-api.ts';
import type { AlertDraft, Evidence } from '../../engine/rule-api.ts';

const { proxyRegistration } = BINDING_UPDATE_FLAGS;
const FIRST_BOUNDS = { maxEntries: 4096, ttlSeconds: 3600 };

export default defineRule({
  id: 'MIP6-1207',
  title: 'One care-of address claims many home addresses',
  severity: 'high',
  category: 'forged-binding',
  references: ['RFC 4225 sections 3.1.1 and 3.3.1'],
  needs: [],
  verdict: 'rate-limit',
  explanation:
    'A node registers its own home address, or a few when it has several. One care-of address, or one sender, that asks ' +
    'for the traffic of many home addresses collects it, or fills the tables of home agents and correspondents. Mobile ' +
    'routers register one home address for their whole network; gateways of Proxy Mobile IPv6 are left out. Many nodes ' +
    'behind one translated address look the same, which is why this is not certain.',
  advice:
    'Limit the number of bindings of one care-of address. Look whether the home agent accepted them, and under whose keys.',
  on: ['mobility', 'esp', 'relay'],
  params: {
    homeAddresses: {
      default: 4,
      min: 1,
      max: 10_000,
      unit: 'home addresses',
      doc: 'more different home addresses than this from one care-of address or sender within the window',
    },
    windowSeconds: {
      default: 600,
      min: 10,
      max: 86_400,
      unit: 'seconds',
      doc: 'time in which they are counted',
    },
  },
  evaluate(event, context): AlertDraft | undefined {
    const wire = event.context;
    const relays = context.table<true>('relays', FIRST_BOUNDS);
    if (event.kind === 'relay') {
      // Who relays de-registrations of others is no care-of address: MIP6-1106 and 1116.
      relays.set(addressKey(event.relay), true);
      return undefined;
    }
    let homeAddress: Uint8Array | undefined;
    let careOfAddress = wire.source;
    if (event.kind === 'esp') {
      if (event.layout !== 'home-address-option' || event.outcome === 'opened') return undefined;
      homeAddress = wire.homeAddressOption;
    } else {
      const update = bindingUpdateOf(event);
      if (update === undefined || event.checksum === 'wrong') return undefined;
      if ((update.flags & proxyRegistration.mask) !== 0 || update.lifetime === 0) return undefined;
      homeAddress = wire.homeAddressOption ?? (wire.outer === undefined ? undefined : wire.source);
      if (wire.homeAddressOption === undefined && wire.outer !== undefined) {
        careOfAddress = wire.outer.source;
      }
    }
    if (homeAddress === undefined || isSameAddress(homeAddress, careOfAddress)) return undefined;
    const candidates = [careOfAddress];
    if (event.kind === 'mobility') {
      for (const option of event.header.options) {
        const isOther =
          option.kind === 'alternate-care-of-address' &&
          !isSameAddress(option.careOfAddress, careOfAddress);
        if (isOther) candidates.push(option.careOfAddress);
      }
    }
    const { homeAddresses, windowSeconds } = context.params;
    const counts = context.distinct('home-addresses', { maxEntries: 4096, windowSeconds });
    const first = context.table<Evidence>('first', FIRST_BOUNDS);
    for (const address of candidates) {
      const key = addressKey(address);
      if (context.accessGateway(address) !== undefined || relays.get(key) !== undefined) continue;
      const here = evidenceOf(
        wire,
        `registration of ${formatAddress(homeAddress)} from ${formatAddress(address)}`,
      );
      const count = counts.add(key, addressKey(homeAddress));
      if (count <= 1 || first.get(key) === undefined) first.set(key, here);
      if (count <= homeAddresses) continue;
      const before = first.get(key);
      return {
        object: key,
        message: `${formatAddress(address)} registers ${count} home addresses`,
        packet: wire.packet,
        evidence: [...(before === undefined ? [] : [before]), here],
        confidence: 'partial',
        stage: 'denial-of-service',
        attacker: address,
        ...(context.isHomeAgent(wire.destination) ? { homeAgent: wire.destination } : {}),
      };
    }
    return undefined;
  },
});
