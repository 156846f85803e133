/**
 * Every finding about ICMPv6, with a packet that has it and one that does not.
 */
import { describe, expect, it } from 'vitest';
import { DIAGNOSTICS } from '../../../dissectors/core/diagnostic.ts';
import type { DiagnosticCode } from '../../../dissectors/core/diagnostic.ts';
import { dissect } from '../../../dissectors/dissect.ts';
import type { Icmpv6Message } from '../../../dissectors/icmpv6/index.ts';
import {
  destinationOptions,
  fragmentPacket,
  homeAddressOption,
} from '../../../dissectors/ipv6/build.ts';
import { LINKTYPE } from '../../../dissectors/walk.ts';
import { octetsOf } from '../hex.ts';
import { CARE_OF_ADDRESS, HOME_ADDRESS, HOME_AGENT, ip } from '../vectors.ts';
import {
  accessPoint,
  acknowledgment,
  advertisement,
  agent,
  ALL_NODES,
  anchor,
  anchorPoint,
  cga,
  discovery,
  expansion,
  HOME_AGENT_FLAG,
  inverse,
  listed,
  MLD,
  MPA,
  MPS,
  neighbor,
  NOBODY,
  nonce,
  path,
  pathSolicitation,
  prefix,
  prefixAdvertisement,
  proxyAdvertisement,
  proxySolicitation,
  query,
  QUERY_V2,
  redirect,
  report,
  route,
  ROUTER,
  signature,
  solicitation,
  sourceAddress,
  targetAddress,
  timestamp,
  unknown,
  packetOf,
} from './messages.ts';
import type { Sent } from './messages.ts';

function codesOf(bytes: Uint8Array): string[] {
  const { diagnostics } = dissect(bytes, 0, bytes.length, { linkType: LINKTYPE.raw });
  return diagnostics.map(({ code }) => code);
}

/** A packet with nothing wrong, and one in which just this is wrong. */
interface Case {
  readonly code: DiagnosticCode;
  readonly right: Sent;
  readonly wrong: Sent;
  /** What is wrong besides, because of the same octets. */
  readonly besides?: readonly DiagnosticCode[];
}

const CASES: readonly Case[] = [
  {
    code: 'ICMPV6_CODE',
    right: { message: proxyAdvertisement(5, 9) },
    wrong: { message: proxyAdvertisement(6, 9) },
  },
  {
    code: 'ICMPV6_CODE',
    right: { message: discovery, destination: ip('2001:db8:0:1:fdff:ffff:ffff:fffe') },
    wrong: {
      message: { ...discovery, code: 1 },
      destination: ip('2001:db8:0:1:fdff:ffff:ffff:fffe'),
    },
  },
  {
    code: 'ICMPV6_TRAILING',
    right: { message: QUERY_V2, ...MLD },
    wrong: { message: { ...QUERY_V2, trailing: octetsOf('00') }, ...MLD },
  },
  {
    code: 'ND_HOP_LIMIT',
    right: { message: solicitation() },
    wrong: { message: solicitation(), hopLimit: 254 },
  },
  {
    code: 'ND_HOP_LIMIT',
    right: { message: proxySolicitation(accessPoint(1)) },
    wrong: { message: proxySolicitation(accessPoint(1)), hopLimit: 64 },
  },
  {
    code: 'ND_HOP_LIMIT',
    right: { message: pathSolicitation(1, [anchor(1)]) },
    wrong: { message: pathSolicitation(1, [anchor(1)]), hopLimit: 1 },
  },
  {
    code: 'ND_CODE',
    right: { message: solicitation() },
    wrong: { message: { ...solicitation(), code: 1 } },
  },
  {
    code: 'ND_SOURCE',
    right: { message: advertisement([]), destination: ALL_NODES },
    wrong: { message: advertisement([]), source: HOME_AGENT, destination: ALL_NODES },
  },
  {
    code: 'ND_SOURCE',
    right: { message: redirect(ROUTER, HOME_ADDRESS) },
    wrong: { message: redirect(ROUTER, HOME_ADDRESS), source: HOME_AGENT },
  },
  {
    code: 'ND_SOURCE_UNSPECIFIED',
    right: { message: solicitation([sourceAddress]), destination: ip('ff02::1:ff00:100') },
    wrong: {
      message: solicitation([sourceAddress]),
      source: NOBODY,
      destination: ip('ff02::1:ff00:100'),
    },
  },
  {
    code: 'ND_SOURCE_UNSPECIFIED',
    right: {
      message: { kind: 'router-solicitation', code: 0, options: [] },
      source: NOBODY,
      destination: ip('ff02::2'),
    },
    wrong: {
      message: { kind: 'router-solicitation', code: 0, options: [sourceAddress] },
      source: NOBODY,
      destination: ip('ff02::2'),
    },
  },
  {
    code: 'ND_DESTINATION',
    right: { message: solicitation(), source: NOBODY, destination: ip('ff02::1:ff00:100') },
    wrong: { message: solicitation(), source: NOBODY, destination: ALL_NODES },
  },
  {
    code: 'ND_TARGET',
    right: { message: neighbor(0) },
    wrong: { message: neighbor(0, ip('ff02::5')) },
  },
  {
    code: 'ND_TARGET',
    right: { message: solicitation([]) },
    wrong: { message: solicitation([], ip('ff02::5')) },
  },
  {
    code: 'ND_SOLICITED',
    right: { message: neighbor(0x40000000) },
    wrong: { message: neighbor(0x40000000), destination: ALL_NODES },
  },
  {
    code: 'REDIRECT_DESTINATION',
    right: { message: redirect(ROUTER, HOME_ADDRESS) },
    wrong: { message: redirect(ROUTER, ip('ff0e::5')) },
  },
  {
    code: 'REDIRECT_TARGET',
    right: { message: redirect(HOME_ADDRESS, HOME_ADDRESS) },
    wrong: { message: redirect(HOME_AGENT, HOME_ADDRESS) },
  },
  {
    code: 'ND_OPTION_NOT_ALLOWED',
    right: { message: advertisement([prefix]) },
    wrong: { message: solicitation([prefix]) },
  },
  {
    code: 'ND_OPTION_NOT_ALLOWED',
    right: { message: proxySolicitation(accessPoint(1)) },
    wrong: { message: proxySolicitation(accessPoint(1), prefix) },
  },
  {
    code: 'ND_OPTION_DUPLICATE',
    right: { message: advertisement([expansion('800000000000')]) },
    wrong: { message: advertisement([expansion('800000000000'), expansion('800000000000')]) },
  },
  {
    code: 'ND_OPTION_DUPLICATE',
    right: { message: advertisement([timestamp, signature]) },
    wrong: { message: advertisement([timestamp, signature, signature]) },
  },
  {
    code: 'ND_OPTION_VALUE',
    right: { message: advertisement([acknowledgment(1)]) },
    wrong: { message: advertisement([acknowledgment(2)]) },
  },
  {
    code: 'ND_PREFIX_LENGTH',
    right: { message: advertisement([{ ...prefix, prefixLength: 128 }]) },
    wrong: { message: advertisement([{ ...prefix, prefixLength: 129 }]) },
  },
  {
    code: 'ND_PREFERRED_LIFETIME',
    right: { message: advertisement([{ ...prefix, preferredLifetime: 3600 }]) },
    wrong: { message: advertisement([{ ...prefix, preferredLifetime: 0xffffffff }]) },
  },
  {
    code: 'ROUTER_PREFERENCE',
    right: { message: advertisement([], 0x18) },
    wrong: { message: advertisement([], 0x10) },
  },
  {
    code: 'ROUTER_PREFERENCE',
    right: { message: advertisement([{ ...route, flags: 0x08 }]) },
    wrong: { message: advertisement([{ ...route, flags: 0x10 }]) },
  },
  {
    code: 'ROUTE_PREFIX_SHORT',
    right: { message: advertisement([{ ...route, prefixLength: 64 }]) },
    wrong: { message: advertisement([{ ...route, prefixLength: 65 }]) },
  },
  {
    code: 'ROUTE_REPEATED',
    right: { message: advertisement([route, { ...route, prefixLength: 47 }]) },
    wrong: {
      // The same prefix, with and without its zeros.
      message: advertisement([route, { ...route, prefix: ip('2001:db8:5::') }]),
    },
  },
  {
    code: 'FLAGS_EXPANSION_EMPTY',
    right: { message: advertisement([expansion('000000000001')]) },
    wrong: { message: advertisement([expansion('000000000000')]) },
  },
  {
    code: 'MAP_DISTANCE',
    right: { message: advertisement([anchorPoint(1)]) },
    wrong: { message: advertisement([anchorPoint(0)]) },
  },
  {
    code: 'HOME_AGENT_LIFETIME',
    right: { message: advertisement([agent], HOME_AGENT_FLAG) },
    wrong: { message: advertisement([{ ...agent, lifetime: 0 }], HOME_AGENT_FLAG) },
  },
  {
    code: 'HOME_AGENT_FLAG',
    right: { message: advertisement([agent], HOME_AGENT_FLAG) },
    wrong: { message: advertisement([agent]) },
  },
  {
    code: 'DHAAD_DESTINATION',
    right: { message: discovery, destination: ip('2001:db8:0:1:fdff:ffff:ffff:fffe') },
    wrong: { message: discovery, destination: HOME_AGENT },
  },
  {
    code: 'MPS_HOME_ADDRESS',
    right: {
      message: MPS,
      source: CARE_OF_ADDRESS,
      destination: HOME_AGENT,
      headers: [destinationOptions([homeAddressOption(HOME_ADDRESS)])],
      home: { source: HOME_ADDRESS },
    },
    wrong: { message: MPS, source: CARE_OF_ADDRESS, destination: HOME_AGENT },
  },
  {
    code: 'MPA_ROUTING',
    right: { message: prefixAdvertisement([prefix]), ...MPA },
    wrong: {
      message: prefixAdvertisement([prefix]),
      source: HOME_AGENT,
      destination: CARE_OF_ADDRESS,
    },
  },
  {
    code: 'MPA_PREFIX_MISSING',
    right: { message: prefixAdvertisement([prefix, prefix]), ...MPA },
    wrong: { message: prefixAdvertisement([]), ...MPA },
  },
  {
    code: 'IND_OPTION_MISSING',
    right: { message: inverse([sourceAddress, targetAddress]), destination: ALL_NODES },
    wrong: { message: inverse([sourceAddress]), destination: ALL_NODES },
  },
  {
    code: 'IND_DESTINATION',
    right: { message: inverse([sourceAddress, targetAddress]), destination: ALL_NODES },
    wrong: { message: inverse([sourceAddress, targetAddress]) },
  },
  {
    code: 'IND_ADDRESS_REPEATED',
    right: {
      message: inverse([sourceAddress, targetAddress, listed(HOME_ADDRESS, HOME_AGENT)]),
      destination: ALL_NODES,
    },
    wrong: {
      message: inverse([sourceAddress, targetAddress, listed(HOME_ADDRESS, HOME_ADDRESS)]),
      destination: ALL_NODES,
    },
  },
  {
    code: 'SEND_AFTER_SIGNATURE',
    right: { message: advertisement([timestamp, prefix, signature]) },
    wrong: { message: advertisement([timestamp, signature, prefix]) },
  },
  {
    code: 'SEND_TIMESTAMP_MISSING',
    right: { message: advertisement([cga(0), timestamp, signature]) },
    wrong: { message: advertisement([cga(0), signature]) },
  },
  {
    code: 'SEND_NONCE_MISSING',
    right: { message: solicitation([timestamp, nonce, signature]) },
    wrong: { message: solicitation([timestamp, signature]) },
  },
  {
    code: 'SEND_UNSIGNED',
    // A nonce alone detects duplicates: RFC 7527.
    right: { message: solicitation([nonce]) },
    wrong: { message: solicitation([timestamp, nonce]) },
  },
  {
    code: 'CGA_COLLISION_COUNT',
    right: { message: advertisement([cga(2), timestamp, signature]) },
    wrong: { message: advertisement([cga(3), timestamp, signature]) },
  },
  {
    code: 'CERTIFICATION_PATH_SOURCE',
    right: { message: pathSolicitation(1, [anchor(1)]), source: NOBODY },
    wrong: { message: pathSolicitation(1, [anchor(1)]), source: HOME_ADDRESS },
  },
  {
    code: 'CERTIFICATION_PATH_IDENTIFIER',
    right: { message: pathSolicitation(1, [anchor(1), anchor(2)]) },
    wrong: { message: pathSolicitation(0, [anchor(1)]) },
  },
  {
    code: 'CERTIFICATION_PATH_IDENTIFIER',
    right: { message: path(0, 2), destination: ALL_NODES },
    wrong: { message: path(1, 2), destination: ALL_NODES },
  },
  {
    code: 'CERTIFICATION_PATH_IDENTIFIER',
    right: { message: path(5, 0) },
    wrong: { message: path(0, 0) },
  },
  {
    code: 'CERTIFICATION_PATH_COMPONENT',
    right: { message: path(5, 2) },
    wrong: { message: path(5, 3) },
  },
  {
    code: 'TRUST_ANCHOR_NAME',
    right: { message: pathSolicitation(1, [anchor(1), anchor(2)]) },
    wrong: { message: pathSolicitation(1, [anchor(2), anchor(1)]) },
  },
  {
    code: 'TRUST_ANCHOR_COMPONENT',
    right: { message: path(5, 2, [anchor(2)]) },
    wrong: { message: path(5, 1, [anchor(2)]) },
  },
  {
    code: 'MLD_HOP_LIMIT',
    right: { message: report(1), ...MLD },
    wrong: { message: report(1), ...MLD, hopLimit: 255 },
  },
  {
    code: 'MLD_SOURCE',
    right: { message: report(1), ...MLD, source: NOBODY },
    wrong: { message: report(1), ...MLD, source: HOME_ADDRESS },
  },
  {
    code: 'MLD_SOURCE',
    right: { message: query(24, NOBODY), ...MLD },
    wrong: { message: query(24, NOBODY), ...MLD, source: NOBODY },
  },
  {
    code: 'MLD_ROUTER_ALERT',
    right: { message: report(1), ...MLD },
    wrong: { message: report(1), ...MLD, headers: [] },
  },
  {
    code: 'MLD_QUERY_LENGTH',
    right: { message: query(24, NOBODY), ...MLD },
    wrong: { message: unknown(130, 0, '00'.repeat(22)), ...MLD },
  },
  {
    code: 'MLD_GROUP',
    right: { message: query(28, ip('ff0e::5')), ...MLD },
    wrong: { message: query(28, HOME_ADDRESS), ...MLD },
  },
  {
    code: 'MLD_RECORD_TYPE',
    right: { message: report(6), ...MLD },
    wrong: { message: report(7), ...MLD },
  },
  {
    code: 'MLD_AUXILIARY_DATA',
    right: { message: report(2), ...MLD },
    wrong: { message: report(2, '01020304'), ...MLD },
  },
  {
    code: 'FMIPV6_SUBTYPE',
    right: { message: proxySolicitation(accessPoint(1)) },
    wrong: { message: unknown(154, 0, '06000001') },
  },
  {
    code: 'FMIPV6_DEPRECATED',
    right: { message: proxySolicitation(accessPoint(0)) },
    wrong: {
      message: {
        kind: 'icmpv6-handover-initiate',
        code: 0,
        flags: 0x80,
        identifier: 1,
        options: [],
      },
    },
  },
  {
    code: 'FMIPV6_DEPRECATED',
    right: { message: proxySolicitation(accessPoint(0)) },
    wrong: {
      message: { kind: 'icmpv6-handover-acknowledge', code: 130, identifier: 1, options: [] },
    },
  },
  {
    code: 'FMIPV6_SOURCE',
    right: { message: proxyAdvertisement(0, 9) },
    wrong: { message: proxyAdvertisement(0, 9), source: HOME_AGENT },
  },
  {
    code: 'FMIPV6_IDENTIFIER',
    right: { message: proxyAdvertisement(1, 0) },
    wrong: { message: proxyAdvertisement(1, 9) },
  },
  {
    code: 'FMIPV6_OPTION_MISSING',
    right: {
      message: proxySolicitation({
        kind: 'handover-assist-information',
        optionCode: 2,
        length: 4,
        value: octetsOf('01020304'),
      }),
    },
    wrong: { message: proxySolicitation() },
  },
  {
    code: 'FMIPV6_WILDCARD',
    right: { message: proxySolicitation(accessPoint(1), accessPoint(1)) },
    wrong: { message: proxySolicitation(accessPoint(0), accessPoint(1)) },
  },
];

describe('findings about ICMPv6', () => {
  it.each(CASES.map((item) => [item.code, item] as const))(
    '%s is said of a packet that has it and of no other',
    (code, { right, wrong, besides = [] }) => {
      expect(codesOf(packetOf(right))).toEqual([]);
      expect(codesOf(packetOf(wrong))).toEqual([code, ...besides]);
    },
  );

  it('has a case for every finding of neighbor, listener and home agent discovery', () => {
    const tested = new Set<string>(CASES.map(({ code }) => code));
    const elsewhere = ['ND_OPTION_LENGTH', 'ND_OPTION_SIZE', 'ND_FRAGMENTED'];
    const missing = Object.keys(DIAGNOSTICS).filter(
      (code) =>
        /^(ND|IND|MLD|FMIPV6|MPS|MPA|DHAAD|CGA_COLLISION|REDIRECT|ROUTE|TRUST|CERTIFICATION)/.test(
          code,
        ) &&
        !tested.has(code) &&
        !elsewhere.includes(code),
    );
    expect(missing).toEqual([]);
  });

  it('reports fragments of messages that must come in one piece, and not of certificates (RFC 6980 section 5)', () => {
    const codes = (message: Icmpv6Message) =>
      fragmentPacket(packetOf({ message }), 56, 1).flatMap((piece) => codesOf(piece));
    expect(codes(advertisement([prefix, prefix]))).toContain('ND_FRAGMENTED');
    expect(codes(pathSolicitation(1, [anchor(1), anchor(1)]))).toContain('ND_FRAGMENTED');
    expect(codes(path(5, 2, [anchor(1)]))).not.toContain('ND_FRAGMENTED');
  });

  it('misses no option of a message that the capture cut', () => {
    const bytes = packetOf({ message: prefixAdvertisement([prefix]), ...MPA });
    for (let end = bytes.length - 32; end < bytes.length; end++) {
      const cut = dissect(bytes, 0, end, {
        linkType: LINKTYPE.raw,
        originalLength: bytes.length,
      });
      expect(cut.diagnostics.map(({ code }) => code)).toEqual(['CAPTURE_CUT']);
    }
  });
});
