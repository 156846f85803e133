import { describe, expect, test } from 'vitest';
import type { BindingEvent, EspEvent, MobilityEvent } from '../../../engine/events.ts';
import type { Binding } from '../../../engine/state/binding-cache.ts';
import { MAX_BINDINGS_PER_HOME_ADDRESS, MAX_HISTORY } from '../../../engine/state/binding-cache.ts';
import { Bindings } from '../../../engine/state/bindings.ts';
import {
  ATTACKER,
  CARE_OF_ADDRESS,
  CORRESPONDENT,
  HOME_ADDRESS,
  HOME_AGENT,
  OTHER_CARE_OF_ADDRESS,
  bindingAcknowledgementEvent,
  bindingUpdateEvent,
  espEvent,
  packetAt,
  relayEvent,
} from '../../rules/event-builders.ts';

/** A cache and the changes it told. */
class Observed {
  readonly changes: BindingEvent['change'][] = [];
  readonly bindings = new Bindings((event) => this.changes.push(event.change));

  update(event: MobilityEvent): void {
    const { message } = event.header;
    if (message.kind === 'binding-update') this.bindings.bindingUpdate(event, message, false);
    else if (message.kind === 'binding-acknowledgement') {
      this.bindings.bindingAcknowledgement(event, message);
    } else throw new Error(message.kind);
  }

  /** Registers CARE_OF_ADDRESS with sequence 1 in packets 1 and 2. */
  register(): this {
    this.update(bindingUpdateEvent({}, { context: { packet: packetAt(1) } }));
    this.update(bindingAcknowledgementEvent({}, { context: { packet: packetAt(2) } }));
    return this;
  }

  /** Registers a home address with a care-of address, acknowledged. */
  registerAt(careOfAddress: Uint8Array, sequence: number, homeAddress = HOME_ADDRESS): void {
    const asked = { source: careOfAddress, homeAddressOption: homeAddress };
    this.update(bindingUpdateEvent({ sequence }, { context: asked }));
    const answered = { destination: careOfAddress, routingHomeAddress: homeAddress };
    this.update(bindingAcknowledgementEvent({ sequence }, { context: answered }));
  }

  get home(): Binding {
    const binding = this.bindings.home(HOME_ADDRESS);
    if (binding === undefined) throw new Error('no home binding');
    return binding;
  }
}

const encrypted = (fields: Parameters<typeof espEvent>[0]): EspEvent => espEvent(fields);

describe('bindings from readable signalling', () => {
  test('a registration counts from its acknowledgement, with the granted lifetime', () => {
    const seen = new Observed();
    seen.update(bindingUpdateEvent({ lifetime: 15 }, { context: { packet: packetAt(1) } }));
    expect(seen.home.phase).toBe('requested');
    seen.update(
      bindingAcknowledgementEvent({ lifetime: 10 }, { context: { packet: packetAt(2) } }),
    );
    expect(seen.home).toMatchObject({
      phase: 'registered',
      careOfAddress: CARE_OF_ADDRESS,
      sequence: 1,
      lifetime: 40,
      expiresAt: packetAt(2).time + 40e6,
      knownBy: 'clear',
    });
    expect(seen.changes).toEqual(['requested', 'registered']);
  });

  test('a copy of a packet on another interface changes nothing', () => {
    const seen = new Observed();
    seen.register();
    seen.update(bindingUpdateEvent({}, { context: { packet: packetAt(3, 2.01) } }));
    seen.update(bindingAcknowledgementEvent({}, { context: { packet: packetAt(4, 2.02) } }));
    expect(seen.changes).toEqual(['requested', 'registered']);
  });

  test('a registration of another kind changes no live binding', () => {
    const seen = new Observed().register();
    const nonces = { kind: 'nonce-indices', homeNonceIndex: 1, careOfNonceIndex: 1 } as const;
    const context = { packet: packetAt(5), source: ATTACKER };
    seen.update(bindingUpdateEvent({ sequence: 9, flags: [], options: [nonces] }, { context }));
    expect(seen.home).toMatchObject({ phase: 'registered', careOfAddress: CARE_OF_ADDRESS });
    expect(seen.changes).toEqual(['requested', 'registered']);
  });

  test('what an acknowledgement alone was taken for is corrected by the next Binding Update', () => {
    const seen = new Observed();
    const back = { packet: packetAt(1), source: CORRESPONDENT };
    seen.update(bindingAcknowledgementEvent({}, { context: back }));
    expect(seen.bindings.find(HOME_ADDRESS, CORRESPONDENT)?.role).toBe('home');
    const out = { packet: packetAt(5), destination: CORRESPONDENT };
    seen.update(bindingUpdateEvent({ sequence: 2, flags: ['acknowledge'] }, { context: out }));
    expect(seen.bindings.find(HOME_ADDRESS, CORRESPONDENT)?.role).toBe('correspondent');
  });

  test('a handover remembers the care-of address before it', () => {
    const seen = new Observed().register();
    const moved = { packet: packetAt(5), source: OTHER_CARE_OF_ADDRESS };
    seen.update(bindingUpdateEvent({ sequence: 2 }, { context: moved }));
    expect(seen.home.careOfAddress).toEqual(CARE_OF_ADDRESS);
    seen.update(
      bindingAcknowledgementEvent(
        { sequence: 2 },
        { context: { packet: packetAt(6), destination: OTHER_CARE_OF_ADDRESS } },
      ),
    );
    expect(seen.changes.at(-1)).toBe('moved');
    expect(seen.home.careOfAddress).toEqual(OTHER_CARE_OF_ADDRESS);
    expect(seen.home.previousCareOfAddresses).toEqual([CARE_OF_ADDRESS]);
  });

  test('a refused update leaves the registration as it was', () => {
    const seen = new Observed().register();
    seen.update(
      bindingUpdateEvent({ sequence: 9 }, { context: { packet: packetAt(3), source: ATTACKER } }),
    );
    seen.update(
      bindingAcknowledgementEvent(
        { sequence: 9, status: 129 },
        { context: { packet: packetAt(4), destination: ATTACKER } },
      ),
    );
    expect(seen.changes.at(-1)).toBe('rejected');
    expect(seen.home).toMatchObject({ phase: 'registered', careOfAddress: CARE_OF_ADDRESS });
  });

  test('a home de-registration ends the binding when it is acknowledged', () => {
    const seen = new Observed().register();
    seen.update(
      bindingUpdateEvent(
        { sequence: 2, lifetime: 0 },
        { context: { packet: packetAt(3), source: HOME_ADDRESS, homeAddressOption: undefined } },
      ),
    );
    expect(seen.home).toMatchObject({
      phase: 'deregistration-sent',
      careOfAddress: CARE_OF_ADDRESS,
      pending: { isHomeStyle: true, lifetime: 0 },
    });
    seen.update(
      bindingAcknowledgementEvent(
        { sequence: 2, lifetime: 0 },
        {
          context: {
            packet: packetAt(4),
            destination: HOME_ADDRESS,
            routingHomeAddress: undefined,
          },
        },
      ),
    );
    expect(seen.home).toMatchObject({ phase: 'deregistered', careOfAddress: HOME_ADDRESS });
  });

  test('an acknowledgement alone, as in a capture that starts late, still registers', () => {
    const seen = new Observed();
    seen.update(bindingAcknowledgementEvent({ sequence: 7 }));
    expect(seen.home).toMatchObject({ phase: 'registered', careOfAddress: CARE_OF_ADDRESS });
  });

  test('a binding expires when its lifetime ran out in capture time', () => {
    const seen = new Observed().register();
    seen.bindings.expire(packetAt(9, 61), false);
    expect(seen.home.phase).toBe('registered');
    seen.bindings.expire(packetAt(10, 100), false);
    expect(seen.home.phase).toBe('expired');
  });

  test('a proxy registration makes no binding of a mobile node', () => {
    const seen = new Observed();
    seen.update(
      bindingUpdateEvent({ flags: ['acknowledge', 'homeRegistration', 'proxyRegistration'] }),
    );
    expect([...seen.bindings.all()]).toEqual([]);
  });

  test('home and correspondent registrations of one node stand side by side', () => {
    const seen = new Observed().register();
    seen.update(
      bindingUpdateEvent(
        { sequence: 40, flags: [] },
        { context: { packet: packetAt(5), destination: CORRESPONDENT } },
      ),
    );
    expect(seen.bindings.find(HOME_ADDRESS, CORRESPONDENT)).toMatchObject({
      role: 'correspondent',
      phase: 'registered',
    });
    expect(seen.home.peer).toEqual(HOME_AGENT);
  });
});

describe('bindings from the layout of encrypted packets', () => {
  test('Home Address option and answer with routing header register, marked as inferred', () => {
    const seen = new Observed();
    seen.bindings.encrypted(encrypted({ context: { packet: packetAt(1) } }));
    seen.bindings.encrypted(
      encrypted({ layout: 'type-2-routing-header', context: { packet: packetAt(2) } }),
    );
    expect(seen.home).toMatchObject({
      phase: 'registered',
      careOfAddress: CARE_OF_ADDRESS,
      knownBy: 'inferred',
      lifetime: undefined,
    });
  });

  test('plain ESP from the home address starts, and its answer ends, a de-registration', () => {
    const seen = new Observed().register();
    seen.bindings.encrypted(
      encrypted({ layout: 'plain', context: { packet: packetAt(3), source: HOME_ADDRESS } }),
    );
    expect(seen.home.phase).toBe('deregistration-sent');
    seen.bindings.encrypted(
      encrypted({
        layout: 'plain',
        context: { packet: packetAt(4), source: HOME_AGENT, destination: HOME_ADDRESS },
      }),
    );
    expect(seen.home.phase).toBe('deregistered');
  });

  test('the answer to a relay de-registers instead of moving the binding to the relay', () => {
    const seen = new Observed().register();
    seen.bindings.encrypted(
      encrypted({ layout: 'plain', context: { packet: packetAt(3), source: HOME_ADDRESS } }),
    );
    seen.bindings.relayed(relayEvent());
    seen.bindings.encrypted(
      encrypted({
        layout: 'type-2-routing-header',
        context: { packet: packetAt(5), destination: ATTACKER },
      }),
    );
    expect(seen.home).toMatchObject({ phase: 'deregistered', careOfAddress: HOME_ADDRESS });
    expect(seen.changes).not.toContain('moved');
  });

  test('payload ESP behind a Home Address option to a correspondent is no registration', () => {
    const seen = new Observed();
    seen.update(bindingUpdateEvent({ flags: [] }, { context: { destination: CORRESPONDENT } }));
    const before = seen.changes.length;
    seen.bindings.encrypted(
      encrypted({ context: { destination: CORRESPONDENT, source: ATTACKER } }),
    );
    expect(seen.changes).toHaveLength(before);
  });
});

describe('bounds', () => {
  test('a sender who claims many peers cannot push out the live home binding', () => {
    const seen = new Observed().register();
    for (let i = 0; i < 1000; i++) {
      const peer = Uint8Array.from(CORRESPONDENT);
      peer[10] = i >> 8;
      peer[11] = i & 0xff;
      seen.update(
        bindingUpdateEvent(
          { sequence: 5, flags: ['acknowledge'] },
          { context: { packet: packetAt(10 + i, 3), destination: peer } },
        ),
      );
    }
    expect([...seen.bindings.all()].length).toBeLessThanOrEqual(MAX_BINDINGS_PER_HOME_ADDRESS);
    expect(seen.home.phase).toBe('registered');
    expect(seen.bindings.evictions).toBe(0);
  });

  test('the history of one binding is bounded and keeps its first change', () => {
    const seen = new Observed().register();
    for (let sequence = 2; sequence < 200; sequence++) {
      seen.update(
        bindingUpdateEvent({ sequence }, { context: { packet: packetAt(sequence * 2) } }),
      );
      seen.update(
        bindingAcknowledgementEvent(
          { sequence },
          { context: { packet: packetAt(sequence * 2 + 1) } },
        ),
      );
    }
    expect(seen.home.history).toHaveLength(MAX_HISTORY);
    expect(seen.home.history[0]?.packet.number).toBe(1);
    expect(seen.home.historyDropped).toBeGreaterThan(0);
  });
});

describe('tunnel traffic', () => {
  test('is told apart by current and previous care-of address', () => {
    const seen = new Observed().register();
    const packet = new Uint8Array(40);
    packet.set(CARE_OF_ADDRESS, 8);
    packet.set(HOME_AGENT, 24);
    seen.bindings.noteTunnel(packet, 8, 24, 77);
    expect(seen.home).toMatchObject({ lastTunnelFrom: 77, tunnelPackets: 1 });
    seen.bindings.noteTunnel(packet, 24, 8, 78);
    expect(seen.home).toMatchObject({ lastTunnelTo: 78, tunnelPackets: 2 });
    seen.update(
      bindingUpdateEvent(
        { sequence: 2 },
        { context: { packet: packetAt(5), source: OTHER_CARE_OF_ADDRESS } },
      ),
    );
    seen.update(
      bindingAcknowledgementEvent(
        { sequence: 2 },
        { context: { packet: packetAt(6), destination: OTHER_CARE_OF_ADDRESS } },
      ),
    );
    seen.bindings.noteTunnel(packet, 8, 24, 99);
    expect(seen.home).toMatchObject({ lastTunnelFrom: 0, lastTunnelFromPrevious: 99 });
  });

  test('of the care-of address before is remembered after a move, and that it goes on', () => {
    const seen = new Observed().register();
    const packet = new Uint8Array(40);
    packet.set(CARE_OF_ADDRESS, 8);
    packet.set(HOME_AGENT, 24);
    seen.bindings.noteTunnel(packet, 8, 24, 77);
    expect(seen.home.lastTunnelFromBeforeMove).toBe(0);
    seen.registerAt(OTHER_CARE_OF_ADDRESS, 2);
    expect(seen.home).toMatchObject({ lastTunnelFrom: 0, lastTunnelFromBeforeMove: 77 });
    expect(seen.bindings.previousHeardAt).toBe(0);
    seen.bindings.noteTunnel(packet, 8, 24, 99);
    expect(seen.bindings.previousHeardAt).toBe(99);
    seen.registerAt(CARE_OF_ADDRESS, 3);
    expect(seen.home.lastTunnelFromBeforeMove).toBe(0);
  });
});

describe('what is kept of the last accepted registration', () => {
  test('is how it is known, until another one is accepted', () => {
    const seen = new Observed();
    seen.bindings.encrypted(encrypted({ context: { packet: packetAt(1) } }));
    expect(seen.home.acceptedBy).toBeUndefined();
    const layout = 'type-2-routing-header';
    seen.bindings.encrypted(encrypted({ layout, context: { packet: packetAt(2) } }));
    expect(seen.home).toMatchObject({ acceptedBy: 'inferred', acceptedIn: packetAt(2) });
    seen.update(bindingUpdateEvent({ sequence: 2 }, { context: { packet: packetAt(3) } }));
    expect(seen.home).toMatchObject({ knownBy: 'clear', acceptedBy: 'inferred' });
    seen.update(bindingAcknowledgementEvent({ sequence: 2 }, { context: { packet: packetAt(4) } }));
    expect(seen.home).toMatchObject({ acceptedBy: 'clear', acceptedIn: packetAt(4) });
  });

  test('is whether another home address has its care-of address too, until it moves', () => {
    const seen = new Observed().register();
    const other = HOME_ADDRESS.map((octet, i) => (i === 15 ? octet ^ 0x40 : octet));
    seen.registerAt(CARE_OF_ADDRESS, 2);
    expect(seen.home.isCareOfAddressShared).toBe(false);
    seen.registerAt(OTHER_CARE_OF_ADDRESS, 3);
    // An address that was left is free.
    seen.registerAt(CARE_OF_ADDRESS, 1, other);
    expect(seen.bindings.home(other)?.isCareOfAddressShared).toBe(false);
    seen.registerAt(OTHER_CARE_OF_ADDRESS, 2, other);
    expect(seen.bindings.home(other)?.isCareOfAddressShared).toBe(true);
    expect(seen.home.isCareOfAddressShared).toBe(true);
    seen.registerAt(CARE_OF_ADDRESS, 4);
    expect(seen.home.isCareOfAddressShared).toBe(false);
  });
});
