import { describe, expect, it } from 'vitest';
import { parseAddress } from '../../../dissectors/core/address.ts';
import { concatenate } from '../../../dissectors/core/layout.ts';
import { dissect } from '../../../dissectors/dissect.ts';
import { ipv6Packet } from '../../../dissectors/ipv6/build.ts';
import { MOBILITY_MESSAGES, encodeMobilityHeader } from '../../../dissectors/mobility/header.ts';
import type { MobilityMessage } from '../../../dissectors/mobility/header.ts';
import { REVOCATION_TRIGGERS } from '../../../dissectors/mobility/messages/binding-revocation.ts';
import {
  BINDING_ACKNOWLEDGEMENT_STATUS,
  BINDING_ERROR_STATUS,
} from '../../../dissectors/mobility/status.ts';
import { summarize } from '../../../dissectors/summary.ts';
import { LINKTYPE } from '../../../dissectors/walk.ts';
import { decodeOctets, decoded, nodesOf, textOf } from './decoded.ts';
import { MOBILITY_EXTENSION_VECTORS } from './vectors.ts';
import { octetsOf } from '../hex.ts';
import { MOBILITY_VECTORS } from '../vectors.ts';

const ADDRESS = parseAddress('2001:db8::1') ?? new Uint8Array(16);
const AGENT = parseAddress('2001:db8::a') ?? new Uint8Array(16);

const bindingUpdate = (flags: number): MobilityMessage => ({
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
  lifetime: 15,
});

/** Names of the flags that are set. */
function setFlags(message: MobilityMessage, word: string): (string | undefined)[] {
  const [flags] = nodesOf(decoded(message).tree, word);
  return flags?.children.filter(({ value }) => value === 1).map(({ name }) => name) ?? [];
}

describe('the table of messages', () => {
  it('has MH Types 0 to 23', () => {
    const types = MOBILITY_MESSAGES.map(({ mhType }) => mhType);
    expect(types).toEqual(Array.from({ length: 24 }, (_, i) => i));
  });

  /** The smallest Header Len of each MH Type, as its document has it. */
  const LEAST = [0, 1, 1, 2, 2, 1, 1, 2, 1, 1, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0];

  it.each(MOBILITY_MESSAGES.map((row) => [row.name, row] as const))(
    '%s: a Header Len below its least is told, and the least is enough',
    (name, { mhType }) => {
      const least = LEAST[mhType] ?? -1;
      // Home Agent Switch: no address. Revocation and flow binding: an indication.
      const data = new Uint8Array(2 + 8 * least);
      if (mhType === 16) data[0] = 1;
      if (mhType === 21) data[1] = 1;
      const right = encodeMobilityHeader({ kind: 'unknown-message', mhType, data }, [], {
        source: ADDRESS,
        destination: ADDRESS,
      });
      const whole = decodeOctets(right);
      expect(whole.header?.message.kind).not.toBe('unknown-message');
      if (least === 0) return;
      const short = new Uint8Array(right);
      short[1] = least - 1;
      const { header, findings } = decodeOctets(short.subarray(0, 8 * least));
      expect(header?.message.kind).toBe('unknown-message');
      expect(findings).toContain(
        `MH_TRUNCATED: ${name}: Header Len ${least - 1}, at least ${least}`,
      );
    },
  );

  it.each(MOBILITY_MESSAGES.map((row) => [row.name, row] as const))(
    '%s: only a Fast Neighbor Advertisement may have a Payload Proto of 41',
    (_, { mhType }) => {
      const data = new Uint8Array(26);
      const how = { source: ADDRESS, destination: ADDRESS };
      const message = { kind: 'unknown-message', mhType, data } as const;
      for (const payloadProto of [41, 6]) {
        const bytes = encodeMobilityHeader(message, [], { ...how, payloadProto });
        const isFine = mhType === 10 && payloadProto === 41;
        const { findings } = decodeOctets(bytes);
        expect(findings.includes(`MH_PAYLOAD_PROTO: value ${payloadProto}`)).toBe(!isFine);
      }
    },
  );
});

describe('tables of values', () => {
  it('name every status of a Binding Acknowledgement once, each with its document', () => {
    const values = BINDING_ACKNOWLEDGEMENT_STATUS.map(({ value }) => value);
    const expected = [0, 1, 2, 3, 4, 5, 6];
    for (let status = 128; status <= 180; status++) expected.push(status);
    expect(values.toSorted((a, b) => a - b)).toEqual(expected);
  });

  it('cite a section for every value of every message', () => {
    const tables = MOBILITY_MESSAGES.flatMap(({ layout }) =>
      layout.fields.flatMap((field) => (field.type === 'uint' ? (field.values ?? []) : [])),
    );
    expect(tables.length).toBeGreaterThan(90);
    for (const { spec, name } of [...tables, ...BINDING_ERROR_STATUS]) {
      expect(spec?.rfc, name).toBeGreaterThan(3000);
      expect(spec?.section, name).toMatch(/^\d+(\.\d+)*$/);
    }
  });

  it('name ranges as well: the triggers kept for tests', () => {
    const testing = REVOCATION_TRIGGERS.filter(({ name }) => name === 'Reserved for testing');
    expect(testing.map(({ value }) => value)).toEqual([250, 251, 252, 253, 254, 255]);
  });
});

describe('flags that two documents use', () => {
  it('calls bit 0x0040 of a proxy update B, else O', () => {
    expect(setFlags(bindingUpdate(0x8240), 'mip6.bu.flags')).toEqual([
      'mip6.bu.a_flag',
      'mip6.bu.p_flag',
      'mip6.bu.b_flag',
    ]);
    expect(setFlags(bindingUpdate(0x8040), 'mip6.bu.flags')).toEqual([
      'mip6.bu.a_flag',
      'mip6.bu.o_flag',
    ]);
  });

  it('knows T, S and D, so that the last four bits alone are reserved', () => {
    expect(setFlags(bindingUpdate(0x82b0), 'mip6.bu.flags')).toEqual([
      'mip6.bu.a_flag',
      'mip6.bu.p_flag',
      'mip6.bu.t_flag',
      'mip6.bu.s_flag',
      'mip6.bu.d_flag',
    ]);
    expect(decoded(bindingUpdate(0x82f0)).findings).toEqual([]);
    expect(decoded(bindingUpdate(0x82f8)).findings).toEqual(['RESERVED_NOT_ZERO: Binding Update']);
    expect(decoded(acknowledgement(0, 0xfe)).findings).toEqual([]);
    expect(decoded(acknowledgement(0, 0x01)).findings).toEqual([
      'RESERVED_NOT_ZERO: Binding Acknowledgement',
    ]);
  });

  it('takes flags of Binding Updates in a Fast Binding Update for reserved, but for B', () => {
    const message = { kind: 'fast-binding-update', sequence: 1, lifetime: 9 } as const;
    expect(setFlags({ ...message, flags: 0xc1 }, 'mip6.fbu.flags')).toContain('mip6.fbu.b_flag');
    const { findings } = decoded({ ...message, flags: 0xc2 });
    expect(findings).toContain('RESERVED_NOT_ZERO: Fast Binding Update');
  });
});

describe('units', () => {
  it('counts lifetimes of bindings in 4 s, and says when one is undefined', () => {
    expect(textOf(decoded(bindingUpdate(0)).tree, 'mip6.bu.lifetime')).toBe('10 (40 s)');
    expect(textOf(decoded(acknowledgement(0)).tree, 'mip6.ba.lifetime')).toBe('15 (60 s)');
    expect(textOf(decoded(acknowledgement(128)).tree, 'mip6.ba.lifetime')).toBe(
      '15 (undefined: rejected)',
    );
  });

  it('counts those of fast handovers and localized routing in seconds', () => {
    const fast = { kind: 'fast-binding-update', sequence: 1, flags: 0xc0, lifetime: 30 } as const;
    expect(textOf(decoded(fast).tree, 'mip6.fbu.lifetime')).toBe('30 s');
    const route = { kind: 'localized-routing-initiation', sequence: 1 } as const;
    expect(textOf(decoded({ ...route, lifetime: 60 }).tree, 'mip6.lri.lifetime')).toBe('60 s');
    expect(textOf(decoded({ ...route, lifetime: 0xffff }).tree, 'mip6.lri.lifetime')).toBe(
      '65535 (infinity)',
    );
  });
});

describe('codes of handovers', () => {
  const initiate = (flags: number, code: number) =>
    textOf(decoded({ kind: 'handover-initiate', sequence: 1, flags, code }).tree, 'mip6.hi.code');
  const answer = (flags: number, code: number) =>
    textOf(
      decoded({ kind: 'handover-acknowledge', sequence: 1, flags, code }).tree,
      'mip6.hack.code',
    );

  it('mean something else between access gateways (P set)', () => {
    expect(initiate(0, 0)).toBe('0 (FBU with PCoA as source)');
    expect(initiate(0x20, 0)).toBe('0 (Default)');
    expect(initiate(0x20, 3)).toBe('3 (All available context transferred)');
    expect(initiate(0, 3)).toBe('3 (unknown)');
    expect(answer(0, 0)).toBe('0 (Handover Accepted, NCoA valid)');
    expect(answer(0x40, 0)).toBe('0 (Handover Accepted or Successful)');
    expect(answer(0x40, 131)).toBe('131 (Requested Context Not Available)');
    expect(answer(0, 131)).toBe('131 (unknown)');
    expect(answer(0x40, 128)).toBe('128 (Handover Not Accepted, reason unspecified)');
  });
});

describe('messages that ask and answer', () => {
  it('tell trigger and status of a revocation apart', () => {
    const asked = decoded({
      kind: 'binding-revocation',
      type: 1,
      trigger: 129,
      sequence: 7,
      indicationFlags: 0xa000,
    });
    expect(textOf(asked.tree, 'mip6.bri_r.trigger')).toBe(
      '129 (Revoking Mobility Node Local Policy)',
    );
    expect(nodesOf(asked.tree, 'mip6.bri_status')).toEqual([]);
    expect(nodesOf(asked.tree, 'mip6.bri_ig').map(({ value }) => value)).toEqual([1]);
    const answered = decoded({
      kind: 'binding-revocation',
      type: 2,
      status: 129,
      sequence: 7,
      acknowledgementFlags: 0x4000,
    });
    expect(textOf(answered.tree, 'mip6.bri_status')).toBe(
      '129 (IPv4 Home Address Option Required)',
    );
    expect(nodesOf(answered.tree, 'mip6.bri_av').map(({ value }) => value)).toEqual([1]);
    expect(nodesOf(answered.tree, 'mip6.bri_iv')).toEqual([]);
  });

  it('keep the octets of a kind nobody knows, and say so', () => {
    const revocation = decoded({
      kind: 'binding-revocation',
      type: 9,
      value: 3,
      sequence: 7,
      indicationFlags: 0,
    });
    expect(revocation.findings).toEqual(['MH_KIND_UNKNOWN: Binding Revocation Type 9']);
    expect(textOf(revocation.tree, 'mip6.bri_value')).toBe('3');
    const flow = decoded({ kind: 'flow-binding', type: 0, sequence: 7, value: 3 });
    expect(flow.findings).toEqual(['MH_KIND_UNKNOWN: Flow Binding Type 0']);
  });

  it('have the A flag in a Flow Binding Indication alone', () => {
    const asked = decoded({
      kind: 'flow-binding',
      type: 1,
      sequence: 7,
      trigger: 3,
      indicationFlags: 0x80,
    });
    expect(textOf(asked.tree, 'mip6.fb.a_flag')).toBe('set');
    const how = { source: ADDRESS, destination: ADDRESS };
    const data = Uint8Array.of(0, 2, 0, 7, 0, 0x80, 0, 0, 0, 0);
    const answer = encodeMobilityHeader({ kind: 'unknown-message', mhType: 21, data }, [], how);
    expect(decodeOctets(answer).findings).toEqual(['RESERVED_NOT_ZERO: Flow Binding']);
  });
});

describe('a Home Agent Switch', () => {
  it('has options behind as many addresses as it counts', () => {
    const { header, tree, findings } = decoded(
      {
        kind: 'home-agent-switch',
        numberOfAddresses: 2,
        homeAgents: [{ address: ADDRESS }, { address: AGENT }],
      },
      [{ kind: 'binding-refresh-advice', refreshInterval: 30 }],
    );
    expect(nodesOf(tree, 'mip6.has.address').map(({ text }) => text)).toEqual([
      '2001:db8::1',
      '2001:db8::a',
    ]);
    expect(header?.options[0]).toEqual({ kind: 'binding-refresh-advice', refreshInterval: 30 });
    expect(findings).toEqual([]);
  });

  it('that counts more addresses than it has is cut short, and shows those that are whole', () => {
    const { bytes } = decoded({
      kind: 'home-agent-switch',
      numberOfAddresses: 1,
      homeAgents: [{ address: ADDRESS }],
    });
    bytes[6] = 200;
    const { header, findings } = decodeOctets(bytes);
    expect(header?.message.kind).toBe('unknown-message');
    expect(findings).toEqual(['MH_TRUNCATED: Home Agent Switch']);
  });
});

describe('an Experimental Mobility Header', () => {
  it('is opaque: what looks like options is data, and padding is zeros', () => {
    const { header, bytes, findings } = decoded({
      kind: 'experimental',
      data: Uint8Array.of(5, 200, 1),
    });
    expect(bytes).toHaveLength(16);
    expect(header?.message).toEqual({
      kind: 'experimental',
      data: Uint8Array.of(5, 200, 1, 0, 0, 0, 0, 0, 0, 0),
    });
    expect(header?.options).toEqual([]);
    expect(findings).toEqual([]);
    expect(decoded({ kind: 'experimental', data: new Uint8Array() }).bytes).toHaveLength(8);
  });
});

describe('a Fast Neighbor Advertisement', () => {
  it('hands the packet behind it on, with the Fast Binding Update in it', () => {
    const ends = { source: ADDRESS, destination: AGENT };
    const update = encodeMobilityHeader(
      { kind: 'fast-binding-update', sequence: 5, flags: 0xc0, lifetime: 30 },
      [{ kind: 'fmip-authorization-data', spi: 0, authenticator: new Uint8Array(12) }],
      ends,
    );
    const inner = ipv6Packet({ ...ends, protocol: 135, payload: update });
    const outer = encodeMobilityHeader({ kind: 'fast-neighbor-advertisement' }, [], {
      ...ends,
      payloadProto: 41,
    });
    const payload = concatenate([outer, inner]);
    const bytes = ipv6Packet({ ...ends, protocol: 135, payload });
    const tree = dissect(bytes, 0, bytes.length, { linkType: LINKTYPE.raw });
    expect(tree.nodes.map(({ name }) => name)).toEqual(['ipv6', 'mip6', 'ipv6', 'mip6']);
    expect(tree.diagnostics).toEqual([]);
    expect(summarize(tree).info).toBe('Fast Binding Update seq 5 lifetime 30 s [AH] authenticated');
  });

  it('says that its layout is not verified', () => {
    const { tree } = decoded({ kind: 'fast-neighbor-advertisement' });
    expect(textOf(tree, 'mip6.mhtype')).toBe(
      '10 (Fast Neighbor Advertisement (layout unverified))',
    );
  });
});

describe('the summary of a message', () => {
  const lines = [...MOBILITY_VECTORS.slice(-2), ...MOBILITY_EXTENSION_VECTORS].map(({ hex }) => {
    const bytes = octetsOf(hex);
    return summarize(dissect(bytes, 0, bytes.length, { linkType: LINKTYPE.raw })).info;
  });

  it('has the fields that matter, one line for each', () => {
    expect(lines).toEqual([
      'Binding Acknowledgement status 0 (Binding Update accepted) seq 4660 lifetime 240 s [K] refresh 120 s (RH 2001:db8:0:1::100)',
      'Binding Error status 1 (Unknown binding for Home Address destination option) home 2001:db8:0:1::100',
      'Fast Binding Update seq 4660 lifetime 30 s [AH] authenticated (HAO 2001:db8:0:1::100)',
      'Fast Binding Acknowledgment status 1 (Accepted but NCoA is invalid, use NCoA of the Alternate Care-of Address) seq 4660 lifetime 30 s alt-coa 2001:db8:0:2::200 authenticated',
      'Fast Neighbor Advertisement (layout unverified)',
      'Experimental Mobility Header',
      'Home Agent Switch to 2001:db8:0:3::3 refresh 120 s',
      'Heartbeat response seq 16909060 restarts 7',
      'Handover Initiate code 0 (FBU with PCoA as source) seq 4660 [SU]',
      'Handover Acknowledge code 5 (Context Transfer Accepted or Successful) seq 4660 [PF] node mn@example.com',
      'Binding Revocation indication trigger 1 (Administrative Reason) seq 4660 [P] node mn@example.com',
      'Binding Revocation acknowledgement status 128 (Binding Does NOT Exist) seq 4660 [P]',
      'Localized Routing Initiation seq 4660 lifetime 65535 (infinity) node mn@example.com node m2@example.com',
      'Localized Routing Acknowledgment status 128 (Localized Routing Not Allowed) seq 4660 lifetime 60 s [U]',
      'Update Notification reason 1 (FORCE-REREGISTRATION) seq 4660 [A]',
      'Update Notification Acknowledgement status 128 (FAILED-TO-UPDATE-SESSION-PARAMETERS) seq 4660',
      'Flow Binding indication trigger 2 (Administrative Reason) seq 4660 [A]',
      'Flow Binding acknowledgement status 128 (Binding (target CoA) Does NOT Exist) seq 4660',
      'Subscription Query seq 200 node mn@example.com',
      'Subscription Response seq 200 node mn@example.com',
    ]);
  });

  it('leaves the lifetime of a rejected binding out, which means nothing', () => {
    const how = { source: ADDRESS, destination: AGENT };
    const payload = encodeMobilityHeader(acknowledgement(129), [], how);
    const bytes = ipv6Packet({ ...how, protocol: 135, payload });
    const tree = dissect(bytes, 0, bytes.length, { linkType: LINKTYPE.raw });
    expect(summarize(tree).info).toBe(
      'Binding Acknowledgement status 129 (Administratively prohibited) seq 1',
    );
  });
});
