import { describe, expect, it } from 'vitest';
import { parseAddress } from '../../../dissectors/core/address.ts';
import {
  PolicyDatabase,
  defaultEntries,
  documentEntries,
} from '../../../engine/ipsec/policy-database.ts';
import type { PolicyPacket } from '../../../engine/ipsec/policy-database.ts';
import { readPolicies } from '../../../engine/ipsec/policy-notation.ts';

const address = (text: string): Uint8Array => parseAddress(text) ?? new Uint8Array(16);
const HOME_AGENT = address('2001:db8:1::1');
const HOME_ADDRESS = address('2001:db8:1::10');
const OTHER = address('2001:db8:1::11');
const CORRESPONDENT = address('2001:db8:9::5');
const MH = 135;
const tunnel = { homeAddress: HOME_ADDRESS, homeAgent: HOME_AGENT };

const update: PolicyPacket = {
  source: HOME_ADDRESS,
  destination: HOME_AGENT,
  protocol: MH,
  type: 5,
};
const homeTest: PolicyPacket = {
  source: CORRESPONDENT,
  destination: HOME_ADDRESS,
  protocol: MH,
  type: 3,
  tunnel,
};
const payload: PolicyPacket = {
  source: HOME_ADDRESS,
  destination: CORRESPONDENT,
  protocol: 17,
  tunnel,
};

describe('policies of a document', () => {
  const { document } = readPolicies(`ha SPD IN:
  - IF source = 2001:db8:1::10 & destination = 2001:db8:1::1 & proto = MH
    THEN USE SA SA1
  - IF interface = IPv6 tunnel from 2001:db8:1::10 & source = 2001:db8:1::10 & destination = any & proto = ICMPv6
    THEN BYPASS
  - IF interface = IPv6 tunnel from 2001:db8:1::10 & source = 2001:db8:1::10 & destination = any & proto = X
    THEN USE SA SA7
ha SPD-S:
  - IF local_address = any & remote_address = 2001:db8:1::11 & proto = MH & local_mh_type = HoT & remote_mh_type = HoTI
    THEN USE SA ESP TUNNEL
ha SAD:
  - SA1(IN, 5, 2001:db8:1::1, ESP, TRANSPORT): proto = MH
`);
  const database = new PolicyDatabase(documentEntries(document));

  it('takes the first entry that fits', () => {
    expect(database.lookup(update)).toMatchObject({ kind: 'protect', mode: 'transport' });
    expect(database.lookup(payload)).toMatchObject({ kind: 'protect', mode: 'tunnel' });
    expect(database.lookup({ ...payload, protocol: 58, type: 128 })).toEqual({ kind: 'bypass' });
  });

  it('keeps entries of the tunnel interface from packets outside, and the reverse', () => {
    const { source, destination, protocol } = payload;
    const outside = { source, destination, protocol };
    expect(database.lookup(outside)).toEqual({ kind: 'bypass' });
    expect(database.lookup({ ...update, tunnel })).toMatchObject({ mode: 'tunnel' });
  });

  it('does not serve another home address', () => {
    expect(database.lookup({ ...update, source: OTHER })).toEqual({ kind: 'bypass' });
  });

  it('looks both ways in SPD-S, each with its own type', () => {
    const out = { source: CORRESPONDENT, destination: OTHER, protocol: MH, type: 3 };
    const back = { source: OTHER, destination: CORRESPONDENT, protocol: MH, type: 1 };
    expect(database.lookup(out)).toMatchObject({ kind: 'protect' });
    expect(database.lookup(back)).toMatchObject({ kind: 'protect' });
    expect(database.lookup({ ...back, type: 3 })).toEqual({ kind: 'bypass' });
  });
});

describe('the policy without a document', () => {
  const lookup = (
    signalling: 'required' | 'optional',
    payloadPolicy: 'required' | 'optional',
    packet: PolicyPacket,
  ) => new PolicyDatabase(defaultEntries({ signalling, payload: payloadPolicy })).lookup(packet);

  it('demands registrations protected unless the site does not', () => {
    expect(lookup('required', 'optional', update)).toMatchObject({
      mode: 'transport',
      demand: 'must',
    });
    expect(lookup('required', 'optional', { ...update, tunnel })).toMatchObject({ mode: 'tunnel' });
    expect(lookup('optional', 'optional', update)).toEqual({ kind: 'bypass' });
  });

  it('recommends protected home tests, and demands them where payload is protected', () => {
    expect(lookup('required', 'optional', homeTest)).toMatchObject({ demand: 'should' });
    expect(lookup('optional', 'required', homeTest)).toMatchObject({ demand: 'must' });
    expect(lookup('optional', 'optional', homeTest)).toEqual({ kind: 'bypass' });
  });

  it('says to who asks for demands alone what it says to others where something is demanded', () => {
    const isAboutDemands = true;
    expect(lookup('required', 'optional', { ...homeTest, isAboutDemands }).kind).toBe('bypass');
    for (const packet of [homeTest, update, payload]) {
      expect(lookup('required', 'required', { ...packet, isAboutDemands })).toEqual(
        lookup('required', 'required', packet),
      );
    }
  });

  it('leaves payload to the site', () => {
    expect(lookup('required', 'optional', payload)).toEqual({ kind: 'bypass' });
    expect(lookup('required', 'required', payload)).toMatchObject({ mode: 'tunnel' });
  });
});
