/**
 * What the legacy home agent says, and does not say; and what gets to it.
 */
import { describe, expect, test } from 'vitest';
import { formatAddress } from '../../../dissectors/core/address.ts';
import { decodeMobilityHeader, encodeMobilityHeader } from '../../../dissectors/mobility/header.ts';
import type { MobilityHeader } from '../../../dissectors/mobility/header.ts';
import { DiagnosticList } from '../../../dissectors/core/diagnostic.ts';
import { ethernetFrame } from '../../../dissectors/ipv6/build.ts';
import { MemoryBindingStore } from '../../../nodes/home-agent/binding-store.ts';
import { walkHeaders } from '../../../nodes/ip/header-walk.ts';
import { inboundPacket } from '../../../nodes/ip/wire.ts';
import { NodeIpsec } from '../../../nodes/ipsec/node-ipsec.ts';
import { sealedPacket } from '../../../nodes/proxy-home-agent/sealed-packet.ts';
import { SeededRandom } from '../../../nodes/simulation/seeded-random.ts';
import { protect } from '../ipsec/protected-pair.ts';
import { AGENT, FLAG, HOME, NODE_LINK } from '../mobile-node/bench.ts';
import { ip } from '../wire-peer.ts';
import type { WirePacket } from '../wire-peer.ts';
import { ProxiedNetwork, registered } from './proxied-network.ts';

/** The legacy home agent's own IPsec, to read what gets to it and to speak in its place. */
function agentIpsec(proxied: ProxiedNetwork): NodeIpsec {
  const ipsec = new NodeIpsec({ random: new SeededRandom(3) });
  protect(ipsec, proxied.declaration, 'home-agent');
  return ipsec;
}

/** Binding Updates among packets behind the proxy, opened. */
function updatesIn(
  proxied: ProxiedNetwork,
  packets: readonly WirePacket[],
): (WirePacket & { readonly header: MobilityHeader })[] {
  const ipsec = agentIpsec(proxied);
  return packets.flatMap((packet) => {
    if (packet.destination !== formatAddress(AGENT)) return [];
    const inbound = inboundPacket(packet.bytes, undefined, undefined, []);
    const result = walkHeaders(inbound, {
      knowsHomeAddressOption: true,
      hasBinding: () => true,
      isHomeAddress: () => false,
      open: (each, protocol, offset) => ipsec.open(each, protocol, offset),
    });
    if (result.kind !== 'upper-layer' || inbound.protocol !== 135) return [];
    const { payload } = inbound;
    const header = decodeMobilityHeader(payload, 0, payload.length, new DiagnosticList());
    return header === undefined ? [] : [{ ...packet, header }];
  });
}

interface Said {
  readonly status?: number;
  readonly sequence: number;
  readonly lifetime?: number;
  readonly careOf?: Uint8Array | undefined;
  readonly isProtected?: boolean;
}

/** Says something in the place of the legacy home agent, behind the proxy. */
function say(proxied: ProxiedNetwork, said: Said): void {
  const ends = { source: AGENT, destination: HOME };
  const { status = 0, sequence, lifetime = 60, careOf, isProtected = true } = said;
  const payload = encodeMobilityHeader(
    { kind: 'binding-acknowledgement', status, flags: 0, sequence, lifetime },
    [],
    ends,
  );
  const ipsec = isProtected ? agentIpsec(proxied) : new NodeIpsec({ random: new SeededRandom(3) });
  const sealed = sealedPacket(ipsec, {
    ...ends,
    protocol: 135,
    payload,
    careOfDestination: careOf,
  });
  if (sealed.kind === 'refused') throw new Error(sealed.reason);
  const source = proxied.network.agentHost.interfaces[1]?.port.linkLayerAddress ?? NODE_LINK;
  const destination = Uint8Array.of(2, 0, 0, 0, 0xbb, 1);
  proxied.insideLinks[1]?.carry(ethernetFrame({ destination, source, payload: sealed.bytes }));
  proxied.advance(20);
}

const CARE_OF = ip('2001:db8:1::77');
const ELSEWHERE = ip('2001:db8:2::77');

/** The home agent hears no Mobility Header, or hears them again; all else goes on. */
function silence(proxied: ProxiedNetwork, isSilent: boolean): void {
  proxied.network.agentHost.admits = isSilent ? ({ protocol }) => protocol !== 135 : undefined;
}

/** A sequence number ahead of the last accepted one. */
function next(proxied: ProxiedNetwork, by: number): number {
  return ((proxied.proxy.bindings.lastSequence(HOME) ?? 0) + by) & 0xffff;
}

/** Acknowledgements that left the proxy towards the mobile nodes since the last time: protocol 50 from the home agent. */
function acknowledgements(proxied: ProxiedNetwork): WirePacket[] {
  return proxied.network.take().filter(({ link, source, protocol, type2RoutingHeader }) => {
    const isAnswer = type2RoutingHeader === formatAddress(HOME);
    return link === 'core' && source === formatAddress(AGENT) && protocol === 50 && isAnswer;
  });
}

test('what gets to the home agent is in the strict layouts, whatever the mobile node has said besides', () => {
  const proxied = registered();
  proxied.takeInside();
  const careOfSource = CARE_OF;
  const options = [{ kind: 'binding-refresh-advice', refreshInterval: 3 } as const];
  const flags = FLAG.A | FLAG.H | FLAG.L | FLAG.K | 0x0040;
  const sequence = next(proxied, 300);
  proxied.inject(
    proxied.update({ sequence, alternate: CARE_OF, careOfSource, flags, options }),
    'core',
  );
  const [update, ...more] = updatesIn(proxied, proxied.takeInside());
  expect(more).toEqual([]);
  expect(update).toMatchObject({
    source: formatAddress(CARE_OF),
    homeAddressOption: formatAddress(HOME),
    header: {
      message: {
        kind: 'binding-update',
        sequence,
        flags: FLAG.A | FLAG.H | FLAG.L,
        lifetime: 60,
      },
    },
  });
  const kinds = update?.header.options
    .map(({ kind }) => kind)
    .filter((kind) => !kind.startsWith('pad'));
  expect(kinds).toEqual(['alternate-care-of-address']);
});

test('a mobile node at home de-registers without Home Address option and Alternate Care-of Address', () => {
  const proxied = registered();
  proxied.takeInside();
  proxied.network.move('home');
  const updates = updatesIn(proxied, proxied.takeInside());
  expect(updates).toHaveLength(1);
  expect(updates[0]).toMatchObject({ source: formatAddress(HOME), homeAddressOption: undefined });
  const kinds = updates[0]?.header.options.map(({ kind }) => kind);
  expect(kinds).not.toContain('alternate-care-of-address');
});

describe('refusals', () => {
  test('of the home agent are passed on with their status', () => {
    const proxied = new ProxiedNetwork();
    proxied.network.agent.registrations.isDraining = true;
    proxied.advance(8000);
    expect(proxied.network.state).not.toBe('registered');
    expect(proxied.proxy.acknowledgements.passed.get(128)).toBeGreaterThan(0);
    expect(proxied.careOf()).toEqual({ proxy: undefined, legacy: undefined });
    proxied.network.agent.registrations.isDraining = false;
    proxied.advance(60_000);
    expect(proxied.network.state).toBe('registered');
  });

  test('of the proxy: who is not allowed gets 129, a mobile router 140, a care-of address at home 174', () => {
    const refused = new ProxiedNetwork({ isAllowed: false });
    refused.advance(8000);
    expect([...refused.proxy.registrations.refused.keys()]).toEqual([129]);
    expect(refused.careOf().legacy).toBeUndefined();
    const proxied = registered();
    proxied.takeInside();
    const of = { careOfSource: CARE_OF, alternate: CARE_OF };
    const flags = FLAG.A | FLAG.H | FLAG.R;
    proxied.inject(proxied.update({ ...of, sequence: next(proxied, 1), flags }), 'core');
    proxied.inject(proxied.update({ ...of, sequence: next(proxied, 2), alternate: HOME }), 'core');
    proxied.inject(proxied.update({ ...of, sequence: next(proxied, 3), alternate: AGENT }), 'core');
    expect([...proxied.proxy.registrations.refused]).toEqual([
      [140, 1],
      [174, 2],
    ]);
    expect(updatesIn(proxied, proxied.takeInside())).toEqual([]);
  });

  test('135 of a home agent that is ahead brings the mobile node to its number', () => {
    const proxied = registered();
    proxied.restart();
    const entry = proxied.network.agentHost.bindings.find(HOME);
    if (entry === undefined) throw new Error('no binding');
    entry.sequence = (entry.sequence + 1000) & 0xffff;
    proxied.network.move('two');
    proxied.advance(4000);
    expect(proxied.proxy.acknowledgements.passed.get(135)).toBe(1);
    expect(proxied.network.state).toBe('registered');
    expect(proxied.careOf().proxy).toBe(proxied.careOf().legacy);
  });
});

describe('a home agent that says nothing', () => {
  test('leaves the mobile node without an answer, which goes on asking with growing intervals', () => {
    const proxied = new ProxiedNetwork();
    silence(proxied, true);
    proxied.network.take();
    proxied.advance(120_000);
    expect(acknowledgements(proxied)).toEqual([]);
    expect(proxied.network.state).not.toBe('registered');
    const { forwarded } = proxied.proxy.registrations;
    expect(forwarded).toBeGreaterThan(4);
    expect(forwarded).toBeLessThan(12);
    expect(proxied.proxy.sizes.exchanges).toBeLessThanOrEqual(4);
    expect(proxied.alarms()).toContain('legacy-home-agent-silent');
    silence(proxied, false);
    proxied.advance(60_000);
    expect(proxied.network.state).toBe('registered');
    expect(proxied.ping().replies).toBe(2);
  });

  test('does not end a binding that there is: it lasts as long as it was granted', () => {
    const proxied = registered({ configuration: { lifetime: 120 } });
    const before = proxied.careOf().proxy;
    silence(proxied, true);
    proxied.advance(60_000);
    expect(proxied.careOf().proxy).toBe(before);
    proxied.advance(80_000);
    expect(proxied.careOf().proxy).toBeUndefined();
  });
});

describe('acknowledgements', () => {
  /** An update waits; the home agent itself is cut off. */
  const waiting = (): ProxiedNetwork => {
    const proxied = registered();
    silence(proxied, true);
    proxied.inject(
      proxied.update({
        sequence: next(proxied, 10),
        alternate: ELSEWHERE,
        careOfSource: ELSEWHERE,
      }),
      'core',
    );
    proxied.network.take();
    return proxied;
  };

  test('are taken when they are protected, of the right number and to the right address', () => {
    const proxied = waiting();
    const before = proxied.careOf().proxy;
    const sequence = next(proxied, 10);
    const wrong: Said[] = [
      { sequence, careOf: ELSEWHERE, isProtected: false },
      { sequence: sequence - 1, careOf: ELSEWHERE },
      { sequence, careOf: CARE_OF },
      { sequence },
    ];
    for (const said of wrong) say(proxied, said);
    expect(proxied.careOf().proxy).toBe(before);
    expect(acknowledgements(proxied)).toEqual([]);
    expect(proxied.alarms()).toEqual([
      'legacy-signalling-unprotected',
      'legacy-acknowledgement-elsewhere',
      'legacy-acknowledgement-elsewhere',
    ]);
    say(proxied, { sequence, careOf: ELSEWHERE, lifetime: 0xffff });
    expect(proxied.careOf().proxy).toBe(formatAddress(ELSEWHERE));
    // Not more than was asked for.
    expect(proxied.proxy.bindings.find(HOME)?.lifetime).toBe(240);
    expect(acknowledgements(proxied)).toHaveLength(1);
    say(proxied, { sequence, careOf: ELSEWHERE });
    expect(acknowledgements(proxied)).toEqual([]);
  });

  test('that come late and out of order leave the state of the latest', () => {
    const proxied = waiting();
    const first = next(proxied, 10);
    const second = next(proxied, 11);
    proxied.inject(
      proxied.update({ sequence: second, alternate: CARE_OF, careOfSource: CARE_OF }),
      'core',
    );
    say(proxied, { sequence: second, careOf: CARE_OF });
    say(proxied, { sequence: first, careOf: ELSEWHERE });
    expect(proxied.careOf().proxy).toBe(formatAddress(CARE_OF));
    expect(proxied.alarms()).toEqual([]);
  });
});

describe('a restart', () => {
  test('with a store keeps bindings, tunnels and numbers', () => {
    const store = new MemoryBindingStore(true);
    const proxied = registered({ store });
    const before = proxied.careOf();
    const last = proxied.proxy.bindings.lastSequence(HOME) ?? 0;
    proxied.restart();
    expect(proxied.careOf()).toEqual(before);
    expect(proxied.ping().replies).toBe(2);
    const careOfSource = CARE_OF;
    proxied.inject(proxied.update({ sequence: last, alternate: CARE_OF, careOfSource }), 'core');
    expect(proxied.proxy.registrations.refused.get(135)).toBe(1);
    proxied.network.move('two');
    expect(proxied.network.state).toBe('registered');
    expect(store.size).toBe(1);
  });

  test('without one nothing passes the tunnel until the mobile node registers again', () => {
    const proxied = registered({ configuration: { lifetime: 120 } });
    proxied.restart();
    expect(proxied.careOf().proxy).toBeUndefined();
    expect(proxied.ping().replies).toBe(0);
    proxied.advance(120_000);
    expect(proxied.ping().replies).toBe(2);
  });

  test('forgets what is not configured any more', () => {
    const store = new MemoryBindingStore();
    const proxied = registered({ store });
    const stored = [...store.load()][0];
    if (stored === undefined) throw new Error('nothing is stored');
    store.save({ ...stored, homeAddress: ip('2001:db8:a::999') });
    proxied.restart();
    expect(store.size).toBe(1);
    expect(proxied.proxy.bindings.size).toBe(1);
  });
});
