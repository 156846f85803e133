import { beforeEach, describe, expect, it } from 'vitest';
import { TunnelEndpoints, endpointRelation } from '../../../engine/ipsec/tunnel-endpoints.ts';
import type { EndpointRelation } from '../../../engine/ipsec/endpoint-relation.ts';
import type { BindingEvent } from '../../../engine/events.ts';
import type { Binding } from '../../../engine/state/binding-cache.ts';
import {
  ATTACKER,
  CARE_OF_ADDRESS,
  HOME_ADDRESS,
  OTHER_CARE_OF_ADDRESS,
  bindingEvent,
  makeBinding,
  packetAt,
} from '../../rules/event-builders.ts';

let endpoints = new TunnelEndpoints(false);
beforeEach(() => {
  endpoints = new TunnelEndpoints(false);
});

function change(kind: BindingEvent['change'], fields: Partial<Binding> = {}): void {
  const binding = makeBinding({ knownBy: 'decrypted', ...fields });
  endpoints.apply(bindingEvent(kind, { binding }));
}

function relationOf(address: Uint8Array): EndpointRelation | undefined {
  const endpoint = endpoints.get(HOME_ADDRESS);
  return endpoint === undefined ? undefined : endpointRelation(endpoint, address);
}

describe('the end of a tunnel', () => {
  it('is the care-of address of a protected registration', () => {
    change('registered');
    expect(relationOf(CARE_OF_ADDRESS)).toBe('registered');
    expect(relationOf(ATTACKER)).toBe('unknown');
  });

  it('follows a protected Binding Update when it is accepted, and knows the address before', () => {
    change('registered');
    change('requested', {
      pending: {
        careOfAddress: OTHER_CARE_OF_ADDRESS,
        sequence: 2,
        lifetime: 60,
        isHomeStyle: false,
        relay: undefined,
        packet: packetAt(2),
      },
    });
    expect(relationOf(OTHER_CARE_OF_ADDRESS)).toBe('announced');
    expect(relationOf(CARE_OF_ADDRESS)).toBe('registered');
    change('moved', { careOfAddress: OTHER_CARE_OF_ADDRESS });
    expect(relationOf(OTHER_CARE_OF_ADDRESS)).toBe('registered');
    expect(relationOf(CARE_OF_ADDRESS)).toBe('earlier');
  });

  it.each(['clear', 'authenticated'] as const)('does not follow what is known %s', (knownBy) => {
    change('registered');
    change('moved', { careOfAddress: ATTACKER, knownBy });
    expect(relationOf(ATTACKER)).toBe('unknown');
    expect(relationOf(CARE_OF_ADDRESS)).toBe('registered');
  });

  it('does not follow a registration at a correspondent', () => {
    change('registered');
    change('moved', { careOfAddress: ATTACKER, role: 'correspondent' });
    expect(relationOf(ATTACKER)).toBe('unknown');
  });

  it('follows registrations in clear where the site does not ask for protection', () => {
    endpoints = new TunnelEndpoints(true);
    change('registered', { knownBy: 'clear' });
    expect(relationOf(CARE_OF_ADDRESS)).toBe('registered');
  });

  it.each(['deregistered', 'expired'] as const)('is inactive once the binding is %s', (kind) => {
    change('registered');
    change(kind);
    expect(relationOf(CARE_OF_ADDRESS)).toBe('inactive');
    // The associations were kept: the node leaves again and uses them.
    change('registered');
    expect(relationOf(CARE_OF_ADDRESS)).toBe('registered');
  });

  it('says nothing about nodes of which no registration was seen', () => {
    change('requested');
    expect(relationOf(CARE_OF_ADDRESS)).toBeUndefined();
  });

  it('remembers a bounded number of earlier addresses', () => {
    change('registered');
    for (let i = 0; i < 20; i++) {
      const careOfAddress = CARE_OF_ADDRESS.slice();
      careOfAddress[14] = i + 1;
      change('moved', { careOfAddress });
    }
    expect(endpoints.get(HOME_ADDRESS)?.earlier).toHaveLength(8);
  });
});
