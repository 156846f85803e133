/**
 * The registrar asks for itself: IPsec that lets everything pass, by mistake of a configuration, registers nobody.
 */
import { expect, test } from 'vitest';
import type { IpsecLayer } from '../../../../nodes/ip/ipsec-layer.ts';
import type { InboundPacket, Protection } from '../../../../nodes/ip/packet.ts';
import type { NodeIpsec } from '../../../../nodes/ipsec/node-ipsec.ts';
import { registrationProtection } from '../../../../nodes/home-agent/registration/authorisation.ts';
import { encodePlain, inboundPacket } from '../../../../nodes/ip/wire.ts';
import { AGENT, CARE_OF, HomeAgentBench, NEW_CARE_OF, receivedUpdate } from '../bench.ts';
import { fromHome } from '../mobile-side.ts';

/** Policies that permit everything; associations are those of before. */
function permissive(own: NodeIpsec): IpsecLayer {
  return {
    outbound: (selectors) => own.outbound(selectors),
    open: (packet, protocol, offset) => own.open(packet, protocol, offset),
    permits: () => true,
    isBindingProtection: (homeAddress, protection) =>
      own.isBindingProtection(homeAddress, protection),
    moveTunnel: (homeAddress, ends) => {
      own.moveTunnel(homeAddress, ends);
    },
  };
}

const base = inboundPacket(
  encodePlain(CARE_OF, AGENT, 135, new Uint8Array(8), 60),
  undefined,
  undefined,
  [],
);
const PROTECTION: Protection = { association: 'a', mode: 'transport', isEncrypted: true };
const TUNNEL: Protection = { association: 'b', mode: 'tunnel', isEncrypted: true };

test('an unprotected update registers nobody and ends no binding, though the policies let it pass', () => {
  const bench = new HomeAgentBench({ wrapIpsec: permissive });
  expect(bench.update({ sequence: 1, isPlain: true })).toEqual([]);
  expect(bench.alarms()).toEqual(['binding-update-unprotected']);
  expect(bench.answer({ sequence: 1 })).toMatchObject({ status: 0 });
  expect(bench.update({ ...fromHome(bench.mobile().home, 2), isPlain: true })).toEqual([]);
  expect(bench.careOf()).toBe('2001:db8:b::100');
});

test('without IPsec at all there are no registrations', () => {
  const bench = new HomeAgentBench({ host: { ipsec: undefined } });
  expect(bench.update({ sequence: 1, isPlain: true })).toEqual([]);
  expect(bench.careOf()).toBeUndefined();
});

test('an update in the payload tunnel of the mobile node is not one that its binding association protects', () => {
  const bench = new HomeAgentBench({
    wrapIpsec: permissive,
    protection: { payload: 'esp' },
  });
  bench.register();
  const mobile = bench.mobile();
  mobile.ipsec.moveTunnel(mobile.home, {
    local: CARE_OF,
    remote: AGENT,
    homeAddress: mobile.home,
  });
  const fields = { sequence: 2, source: mobile.home, option: 'none', careOf: NEW_CARE_OF } as const;
  const inner = mobile.update({ ...fields, isPlain: true });
  // Policies know what it is by any other protocol number.
  const decision = mobile.ipsec.outbound({
    source: mobile.home,
    destination: AGENT,
    protocol: 17,
    type: undefined,
    isTunnelled: true,
  });
  if (decision.kind !== 'tunnel') throw new Error(`no tunnel: ${decision.kind}`);
  const wire = {
    source: CARE_OF,
    destination: AGENT,
    homeAddressOption: undefined,
    type2RoutingHeader: undefined,
  };
  const sealed = decision.protect(41, inner, wire);
  const packet = encodePlain(CARE_OF, AGENT, sealed.protocol, sealed.payload, 60);
  expect(
    bench.deliver(packet, 'upstream', 3000).map(({ packet: sent }) => sent.protocol),
  ).not.toContain(50);
  expect(bench.careOf()).toBe('2001:db8:b::100');
  expect(bench.alarms()).toEqual(['binding-update-other-association']);
});

test('protection is one layer, in the mode that fits: nothing nested', () => {
  const outer = { source: CARE_OF, destination: AGENT };
  const packet = (fields: Partial<InboundPacket>): InboundPacket => ({ ...base, ...fields });
  const plainTunnel = { ...outer, protection: undefined };
  const espTunnel = { ...outer, protection: TUNNEL };
  expect(registrationProtection(packet({}))).toBeUndefined();
  expect(registrationProtection(packet({ protection: PROTECTION }))).toBe(PROTECTION);
  expect(registrationProtection(packet({ tunnels: [espTunnel] }))).toBe(TUNNEL);
  for (const fields of [
    { protection: TUNNEL },
    { tunnels: [plainTunnel] },
    { tunnels: [plainTunnel], protection: PROTECTION },
    { tunnels: [espTunnel], protection: PROTECTION },
    { tunnels: [espTunnel, espTunnel] },
    { tunnels: [plainTunnel, espTunnel] },
    { tunnels: [espTunnel], homeAddressOption: CARE_OF },
    { tunnels: [{ ...outer, protection: PROTECTION }] },
  ]) {
    expect(registrationProtection(packet(fields))).toBeUndefined();
  }
});

test('an update to an address that is not of this node is none, whatever protects it', () => {
  const bench = new HomeAgentBench();
  const { registrations } = bench.agent;
  const packet = { ...base, protection: PROTECTION, destination: NEW_CARE_OF };
  registrations.handle(receivedUpdate(bench.mobile().home, packet));
  expect([...registrations.answers.discarded]).toEqual([['not-to-this-node', 1]]);
});
