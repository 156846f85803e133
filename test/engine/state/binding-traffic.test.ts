import { describe, expect, it } from 'vitest';
import { walkIpv6 } from '../../../dissectors/walk.ts';
import { Ipv6View } from '../../../dissectors/walk.ts';
import { TCP_FLAGS } from '../../../dissectors/transport/tcp.ts';
import type { BindingTrafficEvent } from '../../../engine/binding-traffic-event.ts';
import { BindingTrafficCounter } from '../../../engine/state/binding-traffic.ts';
import type { Binding } from '../../../engine/state/binding-cache.ts';
import {
  homeAddress,
  icmpv6,
  ipv6,
  tcp,
  tunnelled,
  type2Routing,
} from '../../../fixtures/scenario/packet.ts';
import type { Part } from '../../../fixtures/scenario/packet.ts';
import {
  ATTACKER,
  CARE_OF_ADDRESS,
  CORRESPONDENT,
  HOME_ADDRESS,
  HOME_AGENT,
  OTHER_CARE_OF_ADDRESS,
  START_TIME,
  bindingEvent,
  makeBinding,
} from '../../rules/event-builders.ts';

const ENDS = { source: CORRESPONDENT, destination: HOME_ADDRESS };
const BACK = { source: HOME_ADDRESS, destination: CORRESPONDENT };

/** A counter that watches a binding, and what feeds it packets. */
function watching(binding: Binding) {
  const counter = new BindingTrafficCounter(1);
  counter.apply(bindingEvent('registered', { binding }));
  let number = 0;
  return {
    counter,
    send: (packet: Uint8Array, isTunnel = false): void => {
      const view = new Ipv6View();
      walkIpv6(packet, 0, packet.length, false, view);
      number++;
      counter.note(view, isTunnel, { input: 0, number, time: START_TIME + number * 1000 });
    },
    told: (): BindingTrafficEvent[] => {
      const events: BindingTrafficEvent[] = [];
      counter.begin(START_TIME, (event) => events.push(event));
      counter.flush(Infinity, (event) => events.push(event));
      return events;
    },
  };
}

function atCorrespondent(): Binding {
  return makeBinding({ role: 'correspondent', peer: CORRESPONDENT });
}

/** A TCP segment between correspondent and home address. */
function segment(
  ends: { source: Uint8Array; destination: Uint8Array },
  fields: { sequence?: number; acknowledgment?: number; octets?: number },
): Part {
  const { sequence = 0, acknowledgment = 0, octets = 0 } = fields;
  const isOut = ends.source === CORRESPONDENT;
  const ports = isOut ? { from: 80, to: 5000 } : { from: 5000, to: 80 };
  return tcp(
    ends,
    ports,
    { flags: TCP_FLAGS.ack, sequence, acknowledgment },
    new Uint8Array(octets),
  );
}

describe('traffic of bindings', () => {
  it('is told of a few bindings at a time where packets wait, and of the rest before the next turn', () => {
    const counter = new BindingTrafficCounter(1);
    const homeAddresses = Array.from({ length: 5 }, (_, i) => {
      const address = HOME_ADDRESS.slice();
      address[15] = i;
      return address;
    });
    for (const address of homeAddresses) {
      const careOfAddress = CARE_OF_ADDRESS.slice();
      careOfAddress.set(address.subarray(15), 15);
      const binding = makeBinding({ homeAddress: address, careOfAddress });
      counter.apply(bindingEvent('registered', { binding }));
    }
    const view = new Ipv6View();
    const fields = { flags: TCP_FLAGS.ack, sequence: 0, acknowledgment: 0 };
    homeAddresses.forEach((destination, i) => {
      const ends = { source: HOME_AGENT, destination };
      const packet = ipv6(ends, tcp(ends, { from: 80, to: 5000 }, fields, new Uint8Array()));
      walkIpv6(packet, 0, packet.length, false, view);
      counter.note(view, false, { input: 0, number: i + 1, time: START_TIME });
    });
    const told: number[] = [];
    const tell = ({ binding }: BindingTrafficEvent): void => {
      told.push(binding.homeAddress[15] ?? -1);
    };
    counter.flush(Infinity, tell);
    expect(told).toEqual([]);
    counter.begin(START_TIME, tell);
    counter.flush(2, tell);
    expect(told).toEqual([0, 1]);
    expect(counter.waiting).toBe(3);
    counter.begin(START_TIME + 1e6, tell);
    expect(told).toEqual([0, 1, 2, 3, 4]);
    expect(counter.waiting).toBe(0);
  });

  it('is told by path and direction, once, and not at all without packets', () => {
    const { send, told } = watching(atCorrespondent());
    const to = { source: CORRESPONDENT, destination: CARE_OF_ADDRESS };
    const from = { source: CARE_OF_ADDRESS, destination: CORRESPONDENT };
    send(ipv6(to, type2Routing(HOME_ADDRESS), segment(ENDS, { octets: 10 })));
    send(ipv6(from, homeAddress(HOME_ADDRESS), segment(BACK, {})));
    send(ipv6(BACK, segment(BACK, {})));
    send(ipv6(ENDS, segment(ENDS, {})));
    send(ipv6(from, segment(from, {})));
    const [event, ...others] = told();
    expect(others).toEqual([]);
    expect(event?.traffic).toMatchObject({
      toByRouting: 1,
      tcpData: 1,
      fromByOption: 1,
      fromHome: 1,
      bareAcknowledgements: 1,
      toHome: 1,
      fromCareOf: 1,
      errors: 0,
    });
    expect(event?.traffic.lastTo?.number).toBe(1);
    expect(event?.traffic.lastBare?.number).toBe(3);
    expect(told()).toEqual([]);
  });

  it('of a home registration is what goes through the tunnel', () => {
    const { send, told } = watching(makeBinding());
    const wire = { source: HOME_AGENT, destination: CARE_OF_ADDRESS };
    const inner = ipv6(ENDS, segment(ENDS, {}));
    send(ipv6(wire, tunnelled(inner)), true);
    send(ipv6({ source: CARE_OF_ADDRESS, destination: HOME_AGENT }, tunnelled(inner)), true);
    expect(told()[0]?.traffic).toMatchObject({ toByTunnel: 1, fromByTunnel: 1 });
  });

  it('counts errors that quote it, from whomever they come, and takes none for an answer', () => {
    const { send, told } = watching(atCorrespondent());
    const to = { source: CORRESPONDENT, destination: CARE_OF_ADDRESS };
    const packet = ipv6(to, type2Routing(HOME_ADDRESS), segment(ENDS, { octets: 10 }));
    for (const source of [CARE_OF_ADDRESS, ATTACKER]) {
      const ends = { source, destination: CORRESPONDENT };
      const error = {
        kind: 'parameter-problem',
        code: 0,
        pointer: 42,
        invokingPacket: packet,
      } as const;
      send(ipv6(ends, icmpv6(ends, error)));
    }
    const traffic = told()[0]?.traffic;
    expect(traffic).toMatchObject({ errors: 2, fromCareOf: 0, fromHome: 0 });
    expect(traffic?.lastError).toMatchObject({ type: 4, code: 0, source: ATTACKER });
  });

  it('finds acknowledgements far ahead of the data that went out', () => {
    const { send, told } = watching(atCorrespondent());
    const to = { source: CORRESPONDENT, destination: CARE_OF_ADDRESS };
    send(ipv6(to, type2Routing(HOME_ADDRESS), segment(ENDS, { sequence: 1000, octets: 10 })));
    send(ipv6(BACK, segment(BACK, { acknowledgment: 1010 })));
    send(ipv6(BACK, segment(BACK, { acknowledgment: 1_000_000 })));
    expect(told()[0]?.traffic).toMatchObject({
      bareAcknowledgements: 2,
      aheadAcknowledgements: 1,
    });
  });

  it('follows a binding to its next care-of address and leaves the old one', () => {
    const binding = atCorrespondent();
    const { counter, send, told } = watching(binding);
    binding.careOfAddress = OTHER_CARE_OF_ADDRESS;
    const moved = { binding, previousCareOfAddress: CARE_OF_ADDRESS };
    counter.apply(bindingEvent('moved', moved));
    for (const destination of [CARE_OF_ADDRESS, OTHER_CARE_OF_ADDRESS]) {
      const to = { source: CORRESPONDENT, destination };
      send(ipv6(to, type2Routing(HOME_ADDRESS), segment(ENDS, {})));
    }
    expect(told()[0]?.traffic.toByRouting).toBe(1);
    counter.apply(bindingEvent('evicted', { binding }));
    send(ipv6(ENDS, segment(ENDS, {})));
    expect(told()).toEqual([]);
  });

  it('does not take packets under the home address of another for its own', () => {
    const { send, told } = watching(atCorrespondent());
    const to = { source: CORRESPONDENT, destination: CARE_OF_ADDRESS };
    send(ipv6(to, type2Routing(ATTACKER), segment(ENDS, {})));
    send(
      ipv6(
        { source: CARE_OF_ADDRESS, destination: CORRESPONDENT },
        homeAddress(ATTACKER),
        segment(BACK, {}),
      ),
    );
    expect(told()).toEqual([]);
  });
});
