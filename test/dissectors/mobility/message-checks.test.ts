import { describe, expect, it } from 'vitest';
import type { MobilityMessage } from '../../../dissectors/mobility/header.ts';
import type { MobilityOption } from '../../../dissectors/mobility/options/index.ts';
import { decodeOctets, decoded } from './decoded.ts';
import { ADDRESS, COA, FMIP_AUTHORIZATION, LINK_LAYER, NODE, checks } from './samples.ts';

const update = (flags: number): MobilityMessage => ({
  kind: 'binding-update',
  sequence: 1,
  flags,
  lifetime: 10,
});
const acknowledgement = (status: number, flags = 0): MobilityMessage => ({
  kind: 'binding-acknowledgement',
  status,
  flags,
  sequence: 1,
  lifetime: 0,
});
const NONCES: MobilityOption = { kind: 'nonce-indices', homeNonceIndex: 1, careOfNonceIndex: 2 };
const AUTHORIZATION: MobilityOption = {
  kind: 'binding-authorization-data',
  authenticator: new Uint8Array(12),
};
const authentication = (subtype: number): MobilityOption => ({
  kind: 'message-authentication',
  subtype,
  mobilitySpi: 256,
  authenticationData: new Uint8Array(12),
});
const cga = (octets: number, collisionCount = 0): MobilityOption => {
  const parameters = new Uint8Array(octets);
  if (octets > 24) parameters[24] = collisionCount;
  return { kind: 'cga-parameters', parameters };
};
const SIGNATURE: MobilityOption = { kind: 'signature', signature: new Uint8Array(8) };

describe('flags of Binding Updates and Acknowledgements', () => {
  checks([
    ['A with H is right', update(0xc000), [], []],
    [
      'H needs A',
      update(0x4000),
      [],
      ['BINDING_FLAGS: home registration (H) without Acknowledge (A)'],
    ],
    [
      'P needs A',
      update(0x0200),
      [],
      ['BINDING_FLAGS: proxy registration (P) without Acknowledge (A)'],
    ],
    ['K needs H', update(0x9000), [], ['BINDING_FLAGS: K without home registration (H)']],
    ['B goes with P', update(0x8240), [], []],
    [
      'bit 0x0040 without P and without Binding Identifier is neither flag',
      update(0x8040),
      [],
      ['BINDING_FLAGS: bit 0x0040: B needs P, O needs a Binding Identifier option'],
    ],
    [
      'B of an acknowledgement needs P',
      acknowledgement(0, 0x08),
      [],
      ['BINDING_FLAGS: B without P'],
    ],
    ['B of an acknowledgement with P is right', acknowledgement(0, 0x28), [], []],
  ]);

  it('lets O stand with a Binding Identifier', () => {
    const identifier: MobilityOption = { kind: 'unknown', type: 35, data: new Uint8Array(4) };
    const { findings } = decoded(update(0x8040), [identifier]);
    expect(findings.filter((text) => text.startsWith('BINDING_FLAGS'))).toEqual([]);
  });
});

describe('return routability options', () => {
  checks([
    ['nonces with an authenticator are right', update(0x8000), [NONCES, AUTHORIZATION], []],
    [
      'nonces need an authenticator',
      update(0x8000),
      [NONCES],
      ['NONCE_INDICES: without Binding Authorization Data'],
    ],
    [
      'nonces are not of home registrations',
      update(0xc000),
      [NONCES, AUTHORIZATION],
      ['NONCE_INDICES: in a home registration'],
    ],
    ['an acknowledgement has an authenticator', acknowledgement(0), [AUTHORIZATION], []],
    [
      'but not when nonces expired',
      acknowledgement(137),
      [AUTHORIZATION],
      ['BINDING_AUTHORIZATION: with status 137'],
    ],
    [
      'prefixes are of mobile routers',
      update(0xc000),
      [{ kind: 'mobile-network-prefix', prefixLength: 48, prefix: ADDRESS }],
      ['MOBILE_NETWORK_PREFIX: flag R is not set'],
    ],
    [
      'which say so with R',
      update(0xc400),
      [{ kind: 'mobile-network-prefix', prefixLength: 48, prefix: ADDRESS }],
      [],
    ],
  ]);
});

describe('Mobility Message Authentication options', () => {
  checks([
    ['MN-HA comes before MN-AAA', update(0xc000), [authentication(1), authentication(2)], []],
    [
      'the other order is told',
      update(0xc000),
      [authentication(2), authentication(1)],
      ['AUTHENTICATION_ORDER: MN-HA after MN-AAA'],
    ],
    [
      'one subtype appears once',
      update(0xc000),
      [authentication(1), authentication(1)],
      ['AUTHENTICATION_ORDER: subtype 1 again'],
    ],
    [
      'nothing but padding follows the last',
      update(0xc000),
      [authentication(1), COA],
      ['AUTHENTICATION_ORDER: not the last option'],
    ],
    [
      'an acknowledgement has no MN-AAA',
      acknowledgement(0),
      [authentication(1), authentication(2)],
      ['AUTHENTICATION_ORDER: MN-AAA in an acknowledgement'],
    ],
  ]);
});

describe('CGA Parameters', () => {
  checks([
    [
      'full parts, a last one and the signature are right',
      update(0x8000),
      [cga(255), cga(9), SIGNATURE],
      [],
    ],
    [
      'a part that is not full ends the run',
      update(0x8000),
      [cga(30), cga(9), SIGNATURE],
      ['CGA_PARAMETERS_RUN: 30 octets before another part'],
    ],
    [
      'the signature is right behind',
      update(0x8000),
      [cga(30), COA, SIGNATURE],
      [
        'CGA_PARAMETERS_RUN: no Signature right behind',
        'CGA_PARAMETERS_RUN: Signature without CGA Parameters right before it',
      ],
    ],
    [
      'nothing stands between the parts',
      update(0x8000),
      [cga(255), SIGNATURE, cga(30), SIGNATURE],
      ['OPTION_DUPLICATE: Signature', 'CGA_PARAMETERS_RUN: another option in between'],
    ],
    [
      'a collision count has three values',
      acknowledgement(0),
      [cga(30, 3), SIGNATURE],
      ['OPTION_VALUE: CGA collision count 3'],
    ],
  ]);
});

describe('identifiers and names', () => {
  checks([
    [
      'a Binding Update is about one node',
      update(0xc000),
      [NODE, NODE],
      ['OPTION_DUPLICATE: Mobile Node Identifier'],
    ],
    [
      'a Binding Update has no DNS status',
      update(0xc000),
      [{ kind: 'dns-update', status: 130, flags: 0, mobileNodeIdentity: new Uint8Array(3) }],
      ['OPTION_VALUE: DNS Update: status 130 in a Binding Update'],
    ],
    [
      'its acknowledgement has',
      acknowledgement(0),
      [{ kind: 'dns-update', status: 130, flags: 0, mobileNodeIdentity: new Uint8Array(3) }],
      [],
    ],
  ]);
});

describe('fast handovers', () => {
  const fast = (flags: number): MobilityMessage => ({
    kind: 'fast-binding-update',
    sequence: 1,
    flags,
    lifetime: 9,
  });
  const answer = (status: number): MobilityMessage => ({
    kind: 'fast-binding-acknowledgment',
    status,
    flags: 0,
    sequence: 1,
    lifetime: 9,
  });
  const initiate = (flags: number, code = 0): MobilityMessage => ({
    kind: 'handover-initiate',
    sequence: 1,
    flags,
    code,
  });
  const acknowledge = (flags: number): MobilityMessage => ({
    kind: 'handover-acknowledge',
    sequence: 1,
    flags,
    code: 0,
  });

  checks([
    ['an update is acknowledged, of home, and authorized', fast(0xc0), [FMIP_AUTHORIZATION], []],
    [
      'an update without all of that says so',
      fast(0),
      [],
      [
        'FAST_HANDOVER_FLAGS: Acknowledge (A) must be set',
        'FAST_HANDOVER_FLAGS: Home Registration (H) must be set',
        'FAST_HANDOVER_OPTIONS: no Binding Authorization Data for FMIPv6',
      ],
    ],
    [
      'what authorizes is the last',
      fast(0xc0),
      [FMIP_AUTHORIZATION, COA],
      ['OPTION_NOT_LAST: Binding Authorization Data for FMIPv6'],
    ],
    [
      'status 1 needs the address to use',
      answer(1),
      [FMIP_AUTHORIZATION],
      ['FAST_HANDOVER_OPTIONS: status 1 without Alternate Care-of Address'],
    ],
    ['and has it', answer(1), [COA, FMIP_AUTHORIZATION], []],
    [
      'an acknowledgment is authorized',
      answer(0),
      [],
      ['FAST_HANDOVER_OPTIONS: no Binding Authorization Data for FMIPv6'],
    ],
    ['a Handover Initiate names the link layer', initiate(0xc0), [LINK_LAYER], []],
    [
      'or is told',
      initiate(0xc0),
      [],
      ['FAST_HANDOVER_OPTIONS: no link-layer address of the mobile node'],
    ],
    [
      'S does not go with code 1',
      initiate(0x80, 1),
      [LINK_LAYER],
      ['FAST_HANDOVER_FLAGS: S with code 1'],
    ],
    ['S does not go with P', initiate(0xa0), [NODE], ['FAST_HANDOVER_FLAGS: S with P']],
    [
      'P needs the node',
      initiate(0x20),
      [],
      ['FAST_HANDOVER_OPTIONS: P without Mobile Node Identifier'],
    ],
    [
      'P needs the node in the answer',
      acknowledge(0x40),
      [],
      ['FAST_HANDOVER_OPTIONS: P without Mobile Node Identifier'],
    ],
    ['and has it there', acknowledge(0x40), [NODE], []],
    ['an answer without P needs nothing', acknowledge(0), [], []],
  ]);
});

describe('a message that is not all there', () => {
  it('is not told to lack what may be in the octets that are missing', () => {
    const { bytes } = decoded(
      { kind: 'fast-binding-update', sequence: 1, flags: 0xc0, lifetime: 9 },
      [COA, FMIP_AUTHORIZATION],
    );
    const { findings } = decodeOctets(bytes.subarray(0, 32));
    expect(findings).toEqual(['MH_LENGTH: 56 octets, 32 left']);
  });
});
