import { describe, expect, it } from 'vitest';
import { DiagnosticList } from '../../../dissectors/core/diagnostic.ts';
import type { FieldNode } from '../../../dissectors/core/node.ts';
import { dissect } from '../../../dissectors/dissect.ts';
import { decodeIcmpv6, encodeIcmpv6, icmpv6Tree } from '../../../dissectors/icmpv6/index.ts';
import type { Icmpv6Message, NdOption } from '../../../dissectors/icmpv6/index.ts';
import { ipv6Packet } from '../../../dissectors/ipv6/build.ts';
import { LINKTYPE } from '../../../dissectors/walk.ts';
import { hexOf, octetsOf } from '../hex.ts';
import { CORRESPONDENT, HOME_ADDRESS, HOME_AGENT, ip } from '../vectors.ts';

const how = { source: ip('fe80::1'), destination: ip('fe80::2') };
const ascii = (value: string) => new TextEncoder().encode(value);

/** All lines with a filter name, in the order of the tree. */
function lines(node: FieldNode, name: string): string[] {
  const found = node.name === name ? [node.text] : [];
  return [...found, ...node.children.flatMap((child) => lines(child, name))];
}

function treeOf(message: Icmpv6Message): FieldNode {
  const bytes = encodeIcmpv6(message, how);
  return icmpv6Tree(bytes, 0, bytes.length, 0);
}

const advertisement = (...options: NdOption[]): Icmpv6Message => ({
  kind: 'router-advertisement',
  code: 0,
  currentHopLimit: 0,
  flags: 0,
  routerLifetime: 0,
  reachableTime: 0,
  retransTimer: 0,
  options,
});

function decode(bytes: Uint8Array): Icmpv6Message | undefined {
  return decodeIcmpv6(bytes, 0, bytes.length, new DiagnosticList());
}

describe('multicast listener discovery', () => {
  it('shows exponential codes as times (RFC 3810 sections 5.1.3 and 5.1.9)', () => {
    const query = (maximumResponseCode: number, queryIntervalCode: number) => {
      const node = treeOf({
        kind: 'multicast-listener-query-v2',
        code: 0,
        maximumResponseCode,
        multicastAddress: ip('::'),
        flags: 0x0a,
        queryIntervalCode,
        numberOfSources: 0,
        sources: [],
      });
      return ['icmpv6.mld.maximum_response_code', 'icmpv6.mld.qqi'].flatMap((name) =>
        lines(node, name),
      );
    };
    expect(query(10_000, 125)).toEqual(['10000 ms', '125 s']);
    expect(query(0x7fff, 127)).toEqual(['32767 ms', '127 s']);
    // The smallest and the largest with an exponent.
    expect(query(0x8000, 128)).toEqual(['32768 ms', '128 s']);
    expect(query(0xffff, 255)).toEqual(['65535 (8387584 ms)', '255 (31744 s)']);
  });

  it('shows the records before one that does not fit, and the octets that are left', () => {
    const record = `04000000${'ff02'.padEnd(28, '0')}0005`;
    const bytes = octetsOf(`8f00000000000003${record}${record}0400`);
    expect(decode(bytes)?.kind).toBe('unknown-icmpv6');
    const node = icmpv6Tree(bytes, 0, bytes.length, 0);
    expect(lines(node, 'icmpv6.mldr.mar.multicast_address')).toEqual(['ff02::5', 'ff02::5']);
    expect(lines(node, 'icmpv6.data')).toEqual(['0400']);
  });

  it('tells the versions of a query by their length (RFC 3810 section 8.1)', () => {
    const kinds = [23, 24, 25, 27, 28].map((octets) => {
      const bytes = new Uint8Array(octets);
      bytes[0] = 130;
      return decode(bytes)?.kind;
    });
    expect(kinds).toEqual([
      'unknown-icmpv6',
      'multicast-listener-query',
      'unknown-icmpv6',
      'unknown-icmpv6',
      'multicast-listener-query-v2',
    ]);
  });
});

describe('home agent address discovery', () => {
  it('keeps part of a last address (RFC 6275 section 6.6)', () => {
    const whole = encodeIcmpv6(
      {
        kind: 'home-agent-discovery-reply',
        code: 0,
        identifier: 1,
        flags: 0x8000,
        homeAgentAddresses: [HOME_AGENT, CORRESPONDENT],
      },
      how,
    );
    for (let end = 8; end < whole.length; end++) {
      const found = new DiagnosticList();
      const message = decodeIcmpv6(whole, 0, end, found);
      if (message?.kind !== 'home-agent-discovery-reply') throw new Error('another message');
      expect(message.homeAgentAddresses).toHaveLength(Math.floor((end - 8) / 16));
      expect(found.has('ICMPV6_TRUNCATED')).toBe((end - 8) % 16 !== 0);
      const checksum = ((whole[2] ?? 0) << 8) | (whole[3] ?? 0);
      expect(hexOf(encodeIcmpv6(message, { ...how, checksum }))).toBe(hexOf(whole.slice(0, end)));
    }
  });
});

describe('neighbor discovery options', () => {
  it('shows each name of a search list, and the padding (RFC 8106 section 5.2)', () => {
    const names = ascii('\x07example\x03org\0\x01a\x07example\0\0\0\0\0\0\0\0\0');
    const node = treeOf(advertisement({ kind: 'dns-search-list', lifetime: 0xffffffff, names }));
    expect(lines(node, 'icmpv6.opt.dnssl')).toEqual(['example.org', 'a.example']);
    expect(lines(node, 'icmpv6.opt.dnssl.lifetime')).toEqual(['infinity']);
    expect(lines(node, 'icmpv6.opt.padding')).toEqual(['0000000000000000']);
  });

  it('shows infinite lifetimes as such (RFC 4861 section 4.6.2, RFC 4191 section 2.3)', () => {
    const node = treeOf(
      advertisement(
        {
          kind: 'prefix-information',
          prefixLength: 64,
          flags: 0,
          validLifetime: 0xffffffff,
          preferredLifetime: 600,
          prefix: HOME_AGENT,
        },
        {
          kind: 'route-information',
          prefixLength: 0,
          flags: 0,
          lifetime: 0xffffffff,
          prefix: new Uint8Array(),
        },
      ),
    );
    expect(lines(node, 'icmpv6.opt.prefix.valid_lifetime')).toEqual(['infinity']);
    expect(lines(node, 'icmpv6.opt.prefix.preferred_lifetime')).toEqual(['600 s']);
    expect(lines(node, 'icmpv6.opt.route_lifetime')).toEqual(['infinity']);
  });

  it('takes CGA parameters apart: key, extension fields, padding (RFC 3972 section 3)', () => {
    const key = octetsOf('300a300506032b65700301aa');
    const padding = octetsOf('000000');
    const option = {
      kind: 'cga',
      padLength: padding.length,
      modifier: new Uint8Array(16).fill(9),
      subnetPrefix: octetsOf('20010db800000001'),
      collisionCount: 1,
      publicKeyAndExtensions: Uint8Array.of(...key, ...octetsOf('fffd0004c0ffee00')),
      padding: octetsOf('00000000000000'),
    } as const;
    const node = treeOf(advertisement({ ...option, padLength: option.padding.length }));
    expect(lines(node, 'icmpv6.opt.cga.subject_public_key_info')).toEqual([hexOf(key)]);
    expect(lines(node, 'icmpv6.opt.cga.subnet_prefix')).toEqual(['2001:db8:0:1::']);
    expect(lines(node, 'icmpv6.opt.cga.ext_type')).toEqual(['65533']);
    expect(lines(node, 'icmpv6.opt.cga.ext_data')).toEqual(['c0ffee00']);
    expect(lines(node, 'icmpv6.opt.padding')).toEqual(['00000000000000']);
  });

  it('shows a certificate apart from the padding that nothing counts (RFC 3971 section 6.4.4)', () => {
    const node = treeOf({
      kind: 'certification-path-advertisement',
      code: 0,
      identifier: 1,
      allComponents: 1,
      component: 0,
      options: [
        {
          kind: 'certificate',
          certificateType: 1,
          certificate: octetsOf('3004020101000000000000'),
        },
      ],
    });
    expect(lines(node, 'icmpv6.opt.certificate')).toEqual(['300402010100']);
    expect(lines(node, 'icmpv6.opt.padding')).toEqual(['000000000000']);
  });

  it('shows names of trust anchors by their type (RFC 3971 section 6.4.3)', () => {
    const node = treeOf({
      kind: 'certification-path-solicitation',
      code: 0,
      identifier: 1,
      component: 0xffff,
      options: [
        {
          kind: 'trust-anchor',
          nameType: 2,
          padLength: 4,
          fqdn: ascii('\x06anchor\0'),
          padding: new Uint8Array(4),
        },
        {
          kind: 'trust-anchor',
          nameType: 3,
          padLength: 0,
          keyIdentifier: new Uint8Array(20).fill(0xab),
          padding: new Uint8Array(),
        },
      ],
    });
    expect(lines(node, 'icmpv6.opt.name_type.fqdn')).toEqual(['anchor']);
    expect(lines(node, 'icmpv6.opt.name_type')).toEqual([
      '2 (FQDN)',
      '3 (SHA-1 Subject Key Identifier)',
    ]);
    expect(lines(node, 'icmpv6.opt.name_type.key_identifier')).toEqual(['ab'.repeat(20)]);
    expect(lines(node, 'icmpv6.send.component')).toEqual(['65535 (all certificates)']);
  });

  it('keeps an option whose padding exceeds it, and shows what fits and what is left', () => {
    const option = octetsOf('0f0101ff00000000');
    const found = new DiagnosticList();
    const bytes = octetsOf(`9400000000010000${hexOf(option)}0f01010230000000`);
    const message = decodeIcmpv6(bytes, 0, bytes.length, found);
    expect(found.items.map(({ code }) => code)).toEqual(['ND_OPTION_SIZE']);
    if (message?.kind !== 'certification-path-solicitation') throw new Error('another message');
    expect(message.options.map(({ kind }) => kind)).toEqual(['unknown', 'trust-anchor']);
    const node = icmpv6Tree(bytes, 0, bytes.length, 0);
    expect(lines(node, 'icmpv6.opt.cga.pad_length')).toEqual(['255 octets', '2 octets']);
    expect(lines(node, 'icmpv6.data')).toEqual(['00000000']);
    expect(lines(node, 'icmpv6.opt.name_x501')).toEqual(['3000']);
  });

  it('names options and messages that it does not decode', () => {
    const node = treeOf(advertisement({ kind: 'unknown', type: 38, data: new Uint8Array(14) }));
    expect(lines(node, 'icmpv6.opt')).toEqual(['PREF64']);
    const names = [138, 100, 160, 199].map(
      (type) => treeOf({ kind: 'unknown-icmpv6', type, code: 0, data: new Uint8Array(4) }).text,
    );
    expect(names).toEqual([
      'Router Renumbering',
      'Private experimentation',
      'Extended Echo Request',
      'type 199',
    ]);
  });

  it('shows the packet that a Redirect is about as a packet (RFC 4861 section 4.6.3)', () => {
    const inner = ipv6Packet({
      source: HOME_ADDRESS,
      destination: CORRESPONDENT,
      protocol: 58,
      payload: encodeIcmpv6(
        { kind: 'echo-request', code: 0, identifier: 1, sequence: 2, data: new Uint8Array(8) },
        { source: HOME_ADDRESS, destination: CORRESPONDENT },
      ),
    });
    const message: Icmpv6Message = {
      kind: 'redirect',
      code: 0,
      targetAddress: ip('fe80::3'),
      destinationAddress: CORRESPONDENT,
      options: [{ kind: 'redirected-header', packet: inner }],
    };
    const payload = encodeIcmpv6(message, how);
    const bytes = ipv6Packet({ ...how, hopLimit: 255, protocol: 58, payload });
    const { nodes, diagnostics } = dissect(bytes, 0, bytes.length, { linkType: LINKTYPE.raw });
    expect(diagnostics).toEqual([]);
    const found = nodes.flatMap((node) => lines(node, 'ipv6.src'));
    expect(found).toEqual(['fe80::1', '2001:db8:0:1::100']);
    expect(nodes.flatMap((node) => lines(node, 'icmpv6.echo.sequence_number'))).toEqual(['2']);
  });
});

describe('verdicts of a caller with keys', () => {
  it('stand under the options that they are about (RFC 3971 section 5)', () => {
    const payload = encodeIcmpv6(
      advertisement(
        { kind: 'timestamp', timestamp: octetsOf('00006553f1000000') },
        { kind: 'rsa-signature', keyHash: new Uint8Array(16), signature: new Uint8Array(12) },
      ),
      how,
    );
    const bytes = ipv6Packet({ ...how, hopLimit: 255, protocol: 58, payload });
    const asked: number[] = [];
    const { nodes, diagnostics } = dissect(bytes, 0, bytes.length, {
      linkType: LINKTYPE.raw,
      verifier: {
        mobility: () => [],
        neighborDiscovery: ({ optionsOffset, wireSource }) => {
          asked.push(optionsOffset);
          expect(wireSource).toEqual(how.source);
          return [
            {
              offset: optionsOffset + 16,
              label: 'Signature verification',
              name: 'icmpv6.opt.rsa.status',
              status: 'wrong',
              detail: 'another key',
              code: 'SEND_SIGNATURE',
            },
          ];
        },
      },
    });
    // IPv6 header, then the fixed part of the advertisement.
    expect(asked).toEqual([40 + 16]);
    expect(diagnostics).toMatchObject([{ code: 'SEND_SIGNATURE', offset: 72 }]);
    const options = nodes[1]?.children.filter(({ name }) => name === 'icmpv6.opt') ?? [];
    const verdicts = options.map((option) => lines(option, 'icmpv6.opt.rsa.status'));
    expect(verdicts).toEqual([[], ['wrong (another key)']]);
  });
});

describe('fast handovers', () => {
  it('tells messages of one type by their subtype, and keeps a subtype it does not know', () => {
    const text = (subtype: string) => {
      const bytes = octetsOf(`9a000000${subtype}000001`);
      const message = decode(bytes);
      const node = icmpv6Tree(bytes, 0, bytes.length, 0);
      return [message?.kind, node.text, ...lines(node, 'icmpv6.fmip6.subtype')];
    };
    expect(text('02')).toEqual([
      'router-solicitation-for-proxy-advertisement',
      'Router Solicitation for Proxy Advertisement',
      '2 (Router Solicitation for Proxy Advertisement)',
    ]);
    expect(text('03')[0]).toBe('proxy-router-advertisement');
    expect(text('04')[0]).toBe('icmpv6-handover-initiate');
    expect(text('05')[0]).toBe('icmpv6-handover-acknowledge');
    expect(text('09')).toEqual(['unknown-icmpv6', 'Fast handover', '9 (unknown)']);
  });

  it('names codes by the subtype (RFC 5568 section 6.1.2)', () => {
    const node = treeOf({
      kind: 'proxy-router-advertisement',
      code: 4,
      flags: 0x80,
      identifier: 0,
      options: [],
    });
    expect(lines(node, 'icmpv6.code')).toEqual(['4 (unsolicited, no handover)']);
    expect(lines(node, 'icmpv6.fmip6.prrtadv.flag.m_or_r')).toEqual(['set']);
  });
});

describe('node information', () => {
  it('reads names that point back to others (RFC 4620 section 6.2)', () => {
    const names = Uint8Array.of(...ascii('\x01a\x07example\0\x01b'), 0xc0, 6);
    const reply = (octets: Uint8Array) =>
      lines(
        treeOf({
          kind: 'node-information-reply',
          code: 0,
          queryType: 2,
          flags: 0,
          nonce: new Uint8Array(8),
          timeToLive: 0,
          names: octets,
        }),
        'icmpv6.ni.reply.node_name',
      );
    expect(reply(names)).toEqual(['a.example, b.example']);
    // A name that points to itself ends.
    expect(reply(Uint8Array.of(0xc0, 4))).toEqual([' (cut short)']);
  });
});
