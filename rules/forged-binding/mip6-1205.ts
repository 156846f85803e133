import {
  addressKey,
  correspondentUpdateOf,
  defineRule,
  evidenceOf,
  formatAddress,
  formatMac,
  homeRegistrationOf,
  isComplete,
  isSameLinkLayer,
} from '../../engine/rule-api.ts';
import type { AlertDraft, Link, PacketReference, RuleContext } from '../../engine/rule-api.ts';

const BOUNDS = { maxEntries: 4096, ttlSeconds: 86_400 };
/** Microseconds after which another update is a refresh. */
const AGAIN = 30e6;
/** Links remembered that home registrations of one node were seen on. */
const MAX_LINKS = 8;

/** Who has an address on the home link. */
interface Owner {
  readonly linkLayer: Uint8Array;
  readonly packet: PacketReference;
  /** Another machine took the address. */
  next: { readonly linkLayer: Uint8Array; readonly packet: PacketReference } | undefined;
}

/** Remembers on which links registrations of a node from away are seen. */
function noteLink(homeAddress: Uint8Array, link: Link, context: RuleContext): void {
  const registered = context.tableOf<number[]>('registered-on', BOUNDS);
  const links = registered.get(homeAddress) ?? [link.id];
  if (links.length < MAX_LINKS && !links.includes(link.id)) links.push(link.id);
  registered.set(links, homeAddress);
}

export default defineRule({
  id: 'MIP6-1205',
  title: 'Correspondent binding outlives the right to the home address',
  severity: 'medium',
  category: 'forged-binding',
  references: ['RFC 4225 sections 2.2 and 3.1.3'],
  needs: [],
  verdict: 'alert',
  explanation:
    'A home address belongs to a node while its home network says so. Somebody who had an address for a while can bind ' +
    'it at a correspondent and refresh that binding after the address has gone to another node: the traffic of its next ' +
    'owner then goes to him. Here a Binding Update went to a correspondent although the home agent had deleted the ' +
    'registration of the home address, or although another machine has the address on the home link. A single update is ' +
    'low: the sensor may have missed that the node registered again.',
  advice:
    'Wait before an address is given to the next node, longer than bindings live at correspondents (420 seconds). Find ' +
    'the sender by its care-of address.',
  on: ['mobility', 'esp', 'icmpv6'],
  messages: ['binding-update', 'neighbor-solicitation'],
  asksOnly: { 'binding-update': ['remarkable'], esp: ['home-address-option'] },
  params: {
    graceSeconds: {
      default: 10,
      min: 1,
      max: 600,
      unit: 'seconds',
      doc: 'how long after the end of the home registration updates to correspondents may still be on their way',
    },
  },
  evaluate(event, context): AlertDraft | undefined {
    const wire = event.context;
    const { link, packet, linkSource } = wire;
    if (event.kind === 'icmpv6') {
      const { message } = event;
      if (link.effectiveRole !== 'home' || event.checksum === 'wrong') return undefined;
      if (message.kind !== 'neighbor-solicitation' || linkSource === undefined) return undefined;
      // Duplicate address detection: who asks wants the address. RFC 4862 section 5.4.
      const probe = message.targetAddress;
      const isProbe = wire.source.every((octet) => octet === 0) && context.isHomeAddress(probe);
      if (!isProbe || wire.outer !== undefined) return undefined;
      const isAgent = context.site.homeAgents.some(({ linkLayerAddresses }) =>
        linkLayerAddresses.some((item) => isSameLinkLayer(item, linkSource)),
      );
      if (isAgent || context.site.homeAgents.length === 0) return undefined;
      const owners = context.table<Owner>('owners', BOUNDS);
      const key = addressKey(probe);
      const owner = owners.get(key);
      if (owner === undefined) owners.set(key, { linkLayer: linkSource, packet, next: undefined });
      else if (isSameLinkLayer(owner.linkLayer, linkSource)) owner.next = undefined;
      else owner.next = { linkLayer: linkSource, packet };
      return undefined;
    }
    if (event.kind === 'esp') {
      if (event.layout === 'home-address-option' && wire.homeAddressOption !== undefined) {
        const isToAgent = context.isHomeAgent(wire.destination);
        if (isToAgent) noteLink(wire.homeAddressOption, link, context);
      }
      return undefined;
    }
    const home = homeRegistrationOf(event);
    if (home !== undefined) {
      if (home.lifetime > 0 && isComplete(event)) noteLink(home.homeAddress, link, context);
      return undefined;
    }
    const update = correspondentUpdateOf(event, context);
    if (update === undefined || update.lifetime === 0 || event.authentication === 'wrong') {
      return undefined;
    }
    const { homeAddress, peer, careOfAddress } = update;
    const binding = context.homeBinding(homeAddress);
    // Most are registered at home: neither of the two reasons holds then.
    if (binding?.phase === 'registered') return undefined;
    const key = addressKey(homeAddress);
    const draft = (
      why: string,
      since: PacketReference,
      text: string,
      isWeak: boolean,
    ): AlertDraft => ({
      object: `${key}/${addressKey(peer)}${isWeak ? ' once' : ''}`,
      message: `${formatAddress(careOfAddress)} binds ${formatAddress(homeAddress)} at ${formatAddress(peer)}, ${why}`,
      packet,
      evidence: [
        { packet: since, text },
        evidenceOf(
          wire,
          `Binding Update to ${formatAddress(peer)}, sequence ${update.sequence}, care-of address ${formatAddress(careOfAddress)}`,
        ),
      ],
      confidence: 'partial',
      ...(isWeak ? { severity: 'low' } : {}),
      homeAddress,
      attacker: careOfAddress,
    });
    const owner = context.table<Owner>('owners', BOUNDS).get(key);
    if (owner?.next !== undefined) {
      const { linkLayer } = owner.next;
      return draft(
        'although another machine has that address at home',
        owner.next.packet,
        `duplicate address detection by ${formatMac(linkLayer)}; before it the address was of ${formatMac(owner.linkLayer)}`,
        false,
      );
    }
    // A registration that the sensor cannot see proves nothing: it must have seen one of the node from away, here.
    const isOver = binding?.phase === 'deregistered' && binding.registeredAt > 0;
    if (!isOver) return undefined;
    const links = context.tableOf<number[]>('registered-on', BOUNDS).get(homeAddress);
    if (links === undefined) return undefined;
    if (!links.includes(link.id) && link.effectiveRole !== 'transit') return undefined;
    const since = binding.lastChange;
    if (packet.time - since.time <= context.params.graceSeconds * 1e6) return undefined;
    // Through its home agent no test comes back to a node that has no registration there.
    const tests = context.routabilityTests('home', homeAddress, peer);
    const isServed = tests?.issued.some((item) => item.isSolicited && item.lastSeen > since.time);
    if (isServed === true) return undefined;
    const late = context.table<PacketReference>('late', BOUNDS);
    const first = late.get(`${key}${addressKey(peer)}`);
    const isFirst = first === undefined || first.time <= since.time;
    if (isFirst) late.set(`${key}${addressKey(peer)}`, packet);
    return draft(
      'although its home agent has deleted its registration',
      since,
      `home agent ${formatAddress(binding.peer)} deleted the binding of ${formatAddress(homeAddress)}`,
      // A registration in between may have been lost to the capture.
      isFirst || packet.time - first.time < AGAIN,
    );
  },
});
