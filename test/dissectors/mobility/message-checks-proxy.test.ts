import { describe, expect, it } from 'vitest';
import type { MobilityMessage } from '../../../dissectors/mobility/header.ts';
import type { MobilityOption } from '../../../dissectors/mobility/options/index.ts';
import { decoded } from './decoded.ts';
import { NODE, PREFIX, checks } from './samples.ts';

describe('heartbeats', () => {
  const beat = (flags: number): MobilityMessage => ({ kind: 'heartbeat', flags, sequence: 1 });
  const COUNTER: MobilityOption = { kind: 'restart-counter', restartCounter: 1 };
  checks([
    ['a response has a counter', beat(3), [COUNTER], []],
    ['a request has none', beat(0), [COUNTER], ['HEARTBEAT_REQUEST: Restart Counter']],
    ['a request is not unsolicited', beat(2), [], ['HEARTBEAT_REQUEST: U without R']],
  ]);
});

describe('revocations', () => {
  const indication = (trigger: number, indicationFlags: number): MobilityMessage => ({
    kind: 'binding-revocation',
    type: 1,
    trigger,
    sequence: 1,
    indicationFlags,
  });
  const answer = (acknowledgementFlags: number): MobilityMessage => ({
    kind: 'binding-revocation',
    type: 2,
    status: 0,
    sequence: 1,
    acknowledgementFlags,
  });
  checks([
    ['of one binding of a proxy are right', indication(1, 0x8000), [NODE, PREFIX], []],
    ['of all of a peer are right', indication(128, 0xa000), [], []],
    ['for a test are right either way', indication(250, 0x2000), [], []],
    [
      'of many need a global trigger',
      indication(1, 0x2000),
      [],
      ['REVOCATION_TRIGGER: trigger 1 with G'],
    ],
    [
      'with a global trigger need G',
      indication(129, 0),
      [],
      ['REVOCATION_TRIGGER: global trigger 129 without G'],
    ],
    [
      'of a proxy name the node',
      indication(1, 0x8000),
      [],
      ['REVOCATION_OPTIONS: P without Mobile Node Identifier'],
    ],
    [
      'of a group of nodes name the group alone (RFC 6602 section 5.1.3)',
      indication(1, 0x8000),
      [{ kind: 'mobile-node-group-identifier', subType: 1, groupIdentifier: 9 }],
      [],
    ],
    [
      'name prefixes of proxies alone',
      indication(1, 0),
      [PREFIX],
      ['REVOCATION_OPTIONS: Home Network Prefix without P'],
    ],
    [
      'of the IPv4 address name it',
      indication(1, 0x4000),
      [],
      ['REVOCATION_OPTIONS: V without an IPv4 home address'],
    ],
    [
      'are answered with prefixes of proxies alone',
      answer(0),
      [PREFIX],
      ['REVOCATION_OPTIONS: Home Network Prefix without P'],
    ],
    ['are answered with them when P is set', answer(0x8000), [NODE, PREFIX], []],
  ]);

  /** The option as octets: its own table is not the matter here. */
  const octets = (type: number): MobilityOption => ({
    kind: 'unknown',
    type,
    data: Uint8Array.of(0, 0, 192, 0, 2, 1),
  });
  it.each([
    [29, 0x4000, []],
    [29, 0xc000, ['IPv4 Home Address without V, or with P']],
    [29, 0, ['IPv4 Home Address without V, or with P']],
    [36, 0xc000, []],
    [36, 0x4000, ['IPv4 Home Address Request without V and P']],
  ])('with IPv4 option %i and flags 0x%s', (type, flags, expected) => {
    const { findings } = decoded(indication(1, flags), [NODE, octets(type)]);
    const found = findings.filter((text) => text.startsWith('REVOCATION_OPTIONS'));
    expect(found).toEqual(expected.map((text) => `REVOCATION_OPTIONS: ${text}`));
  });
});

describe('localized routing', () => {
  const INITIATION: MobilityMessage = {
    kind: 'localized-routing-initiation',
    sequence: 1,
    lifetime: 60,
  };
  const answer = (status: number): MobilityMessage => ({
    kind: 'localized-routing-acknowledgment',
    sequence: 1,
    flags: 0,
    status,
    lifetime: 60,
  });
  const wrong = 'LOCALIZED_ROUTING_OPTIONS: not a list of identifiers with their prefixes';
  checks([
    ['names two nodes with their prefixes', INITIATION, [NODE, PREFIX, PREFIX, NODE, PREFIX], []],
    [
      'of one node is none',
      INITIATION,
      [NODE, PREFIX],
      ['LOCALIZED_ROUTING_OPTIONS: 1 mobile nodes, expected 2'],
    ],
    ['needs prefixes of each', INITIATION, [NODE, NODE, PREFIX], [wrong]],
    ['needs them behind their node', INITIATION, [PREFIX, NODE, PREFIX, NODE], [wrong]],
    [
      'that is accepted names both',
      answer(0),
      [],
      ['LOCALIZED_ROUTING_OPTIONS: 0 mobile nodes, expected 2'],
    ],
    ['that is refused names those it can', answer(128), [NODE, PREFIX], []],
    ['that is refused may name none', answer(128), [], []],
    ['that is refused has prefixes as well', answer(128), [NODE], [wrong]],
  ]);
});

describe('notifications and subscriptions', () => {
  const query: MobilityMessage = { kind: 'subscription-query', sequence: 1 };
  const response = (flags: number): MobilityMessage => ({
    kind: 'subscription-response',
    sequence: 1,
    flags,
  });
  checks([
    [
      'a vendor-specific reason needs the option of a vendor',
      { kind: 'update-notification', sequence: 1, reason: 3, flags: 0 },
      [],
      ['UPDATE_NOTIFICATION_OPTIONS: vendor-specific reason without such an option'],
    ],
    ['a query is about one node', query, [NODE], []],
    ['not about none', query, [], ['SUBSCRIPTION_OPTIONS: no Mobile Node Identifier']],
    ['not about two', query, [NODE, NODE], ['SUBSCRIPTION_OPTIONS: 2 Mobile Node Identifiers']],
    [
      'I announces a subscription',
      response(0x80),
      [NODE],
      ['SUBSCRIPTION_OPTIONS: I without a subscription'],
    ],
  ]);

  it('tells a subscription that I does not announce', () => {
    const option: MobilityOption = { kind: 'unknown', type: 57, data: new Uint8Array(21) };
    expect(decoded(response(0), [NODE, option]).findings).toContain(
      'SUBSCRIPTION_OPTIONS: subscription without I',
    );
  });
});
