/**
 * Scapy as an independent dissector and as a maker of packets.
 */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { z } from 'zod';
import type { Statement } from './statements.ts';

const SCRIPT = path.join(import.meta.dirname, 'scapy-packets.py');
/** A Python that has Scapy; distributions install it for the system's own. */
const python = ['python3', '/usr/bin/python3'].find(
  (command) => spawnSync(command, ['-c', 'import scapy.layers.inet6']).status === 0,
);

/** Whether Scapy can be run. */
export const hasScapy = python !== undefined;

function run(mode: 'read' | 'build', input: string): string[] {
  const command = python ?? 'python3';
  const result = spawnSync(command, [SCRIPT, mode], {
    input,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  if (result.status !== 0) throw new Error(result.stderr);
  return result.stdout.trimEnd().split('\n');
}

type Names = Readonly<Record<string, string>>;

/** Classes that have fields of their own and those of a common header. */
function withHeader(
  header: Names,
  classes: Readonly<Record<string, Names>>,
): Readonly<Record<string, Names>> {
  return Object.fromEntries(
    Object.entries(classes).map(([name, fields]): [string, Names] => [
      name,
      { ...header, ...fields },
    ]),
  );
}

const MOBILITY_HEADER: Names = {
  nh: 'mip6.proto',
  len: 'mip6.hlen',
  mhtype: 'mip6.mhtype',
  cksum: 'mip6.csum',
};
const ICMPV6_HEADER: Names = {
  type: 'icmpv6.type',
  code: 'icmpv6.code',
  cksum: 'icmpv6.checksum',
};

/** Fields of Scapy and what they are called here; of those that are not named nothing is compared. */
const NAMES: Readonly<Record<string, Names>> = {
  IPv6: {
    version: 'ipv6.version',
    tc: 'ipv6.tclass',
    fl: 'ipv6.flow',
    plen: 'ipv6.plen',
    nh: 'ipv6.nxt',
    hlim: 'ipv6.hlim',
    src: 'ipv6.src',
    dst: 'ipv6.dst',
  },
  IPv6ExtHdrHopByHop: { nh: 'ipv6.hopopts.nxt', len: 'ipv6.hopopts.len' },
  IPv6ExtHdrDestOpt: { nh: 'ipv6.dstopts.nxt', len: 'ipv6.dstopts.len' },
  IPv6ExtHdrRouting: {
    nh: 'ipv6.routing.nxt',
    len: 'ipv6.routing.len',
    type: 'ipv6.routing.type',
    segleft: 'ipv6.routing.segleft',
  },
  IPv6ExtHdrFragment: {
    nh: 'ipv6.fraghdr.nxt',
    offset: 'ipv6.fraghdr.offset',
    m: 'ipv6.fraghdr.more',
    id: 'ipv6.fraghdr.ident',
  },
  RouterAlert: { value: 'ipv6.opt.router_alert' },
  Jumbo: { jumboplen: 'ipv6.opt.jumbo' },
  HAO: { hoa: 'ipv6.opt.mipv6.home_address' },
  MIP6MH_Generic: { nh: 'mip6.proto', len: 'mip6.hlen', mhtype: 'mip6.mhtype', cksum: 'mip6.csum' },
  ...withHeader(MOBILITY_HEADER, {
    MIP6MH_BRR: {},
    MIP6MH_HoTI: { cookie: 'mip6.hoti.cookie' },
    MIP6MH_CoTI: { cookie: 'mip6.coti.cookie' },
    MIP6MH_HoT: { index: 'mip6.hot.nindex', cookie: 'mip6.hot.cookie', token: 'mip6.hot.token' },
    MIP6MH_CoT: { index: 'mip6.cot.nindex', cookie: 'mip6.cot.cookie', token: 'mip6.cot.token' },
    MIP6MH_BU: {
      seq: 'mip6.bu.seqnr',
      mhtime: 'mip6.bu.lifetime',
      'flags.A': 'mip6.bu.a_flag',
      'flags.H': 'mip6.bu.h_flag',
      'flags.L': 'mip6.bu.l_flag',
      'flags.K': 'mip6.bu.k_flag',
      'flags.M': 'mip6.bu.m_flag',
      'flags.R': 'mip6.nemo.bu.r_flag',
      'flags.P': 'mip6.bu.p_flag',
    },
    MIP6MH_BA: {
      status: 'mip6.ba.status',
      seq: 'mip6.ba.seqnr',
      mhtime: 'mip6.ba.lifetime',
      'flags.K': 'mip6.ba.k_flag',
      'flags.R': 'mip6.nemo.ba.r_flag',
      'flags.P': 'mip6.ba.p_flag',
    },
    MIP6MH_BE: { status: 'mip6.be.status', ha: 'mip6.be.haddr' },
  }),
  MIP6OptBRAdvice: { rinter: 'mip6.bra.interval' },
  MIP6OptAltCoA: { acoa: 'mip6.acoa.acoa' },
  MIP6OptNonceIndices: { hni: 'mip6.ni.hni', coni: 'mip6.ni.cni' },
  MIP6OptBindingAuthData: { authenticator: 'mip6.bad.auth' },
  MIP6OptMobNetPrefix: { plen: 'mip6.nemo.mnp.pfl', prefix: 'mip6.nemo.mnp.mnp' },
  MIP6OptLLAddr: { ocode: 'mip6.lla.optcode' },
  MIP6OptMNID: { subtype: 'mip6.mnid.subtype', id: 'mip6.mnid.identifier' },
  MIP6OptMsgAuth: {
    subtype: 'mip6.auth.subtype',
    mspi: 'mip6.auth.mobility_spi',
    authdata: 'mip6.auth.auth_data',
  },
  MIP6OptCGAParams: { cgaparams: 'mip6.cgar.cga_par' },
  MIP6OptSignature: { sig: 'mip6.sign.sign' },
  MIP6OptHomeKeygenToken: { hkt: 'mip6.phkt.phkt' },
  MIP6OptCareOfTest: { cokt: 'mip6.mocot.co_keygen_tok' },
  ...withHeader(ICMPV6_HEADER, {
    ICMPv6PacketTooBig: { mtu: 'icmpv6.mtu' },
    ICMPv6ParamProblem: { ptr: 'icmpv6.pointer' },
    ICMPv6EchoRequest: { id: 'icmpv6.echo.identifier', seq: 'icmpv6.echo.sequence_number' },
    ICMPv6EchoReply: { id: 'icmpv6.echo.identifier', seq: 'icmpv6.echo.sequence_number' },
    ICMPv6MLQuery: {
      mrd: 'icmpv6.mld.maximum_response_delay',
      mladdr: 'icmpv6.mld.multicast_address',
    },
    ICMPv6MLReport: { mladdr: 'icmpv6.mld.multicast_address' },
    ICMPv6MLDone: { mladdr: 'icmpv6.mld.multicast_address' },
    ICMPv6MLQuery2: {
      mrd: 'icmpv6.mld.maximum_response_code',
      mladdr: 'icmpv6.mld.multicast_address',
      S: 'icmpv6.mld.flag.s',
      QRV: 'icmpv6.mld.flag.qrv',
      QQIC: 'icmpv6.mld.qqi',
      sources_number: 'icmpv6.mld.nb_sources',
      sources: 'icmpv6.mld.source_address',
    },
    ICMPv6MLReport2: { records_number: 'icmpv6.mldr.nb_mcast_records' },
    ICMPv6ND_RA: {
      chlim: 'icmpv6.nd.ra.cur_hop_limit',
      M: 'icmpv6.nd.ra.flag.m',
      O: 'icmpv6.nd.ra.flag.o',
      H: 'icmpv6.nd.ra.flag.h',
      prf: 'icmpv6.nd.ra.flag.prf',
      P: 'icmpv6.nd.ra.flag.p',
      routerlifetime: 'icmpv6.nd.ra.router_lifetime',
      reachabletime: 'icmpv6.nd.ra.reachable_time',
      retranstimer: 'icmpv6.nd.ra.retrans_timer',
    },
    ICMPv6ND_RS: {},
    ICMPv6ND_NS: { tgt: 'icmpv6.nd.ns.target_address' },
    ICMPv6ND_NA: {
      R: 'icmpv6.nd.na.flag.r',
      S: 'icmpv6.nd.na.flag.s',
      O: 'icmpv6.nd.na.flag.o',
      tgt: 'icmpv6.nd.na.target_address',
    },
    ICMPv6ND_Redirect: {
      tgt: 'icmpv6.nd.rd.target_address',
      dst: 'icmpv6.rd.na.destination_address',
    },
    ICMPv6HAADRequest: { id: 'icmpv6.mip6.identifier', R: 'icmpv6.mip6.flag.r' },
    ICMPv6HAADReply: {
      id: 'icmpv6.mip6.identifier',
      R: 'icmpv6.mip6.flag.r',
      addresses: 'icmpv6.mip6.home_agent_address',
    },
    ICMPv6MPSol: { id: 'icmpv6.mip6.identifier' },
    ICMPv6MPAdv: { id: 'icmpv6.mip6.identifier' },
  }),
  ICMPv6MLDMultAddrRec: {
    rtype: 'icmpv6.mldr.mar.record_type',
    auxdata_len: 'icmpv6.mldr.mar.aux_data_len',
    sources_number: 'icmpv6.mldr.mar.nb_sources',
    dst: 'icmpv6.mldr.mar.multicast_address',
    sources: 'icmpv6.mldr.mar.source_address',
  },
  ICMPv6NDOptSrcLLAddr: { lladdr: 'icmpv6.opt.linkaddr' },
  ICMPv6NDOptDstLLAddr: { lladdr: 'icmpv6.opt.linkaddr' },
  ICMPv6NDOptPrefixInfo: {
    prefixlen: 'icmpv6.opt.prefix.length',
    L: 'icmpv6.opt.prefix.flag.l',
    A: 'icmpv6.opt.prefix.flag.a',
    R: 'icmpv6.opt.prefix.flag.r',
    validlifetime: 'icmpv6.opt.prefix.valid_lifetime',
    preferredlifetime: 'icmpv6.opt.prefix.preferred_lifetime',
    prefix: 'icmpv6.opt.prefix',
  },
  ICMPv6NDOptMTU: { mtu: 'icmpv6.opt.mtu' },
  ICMPv6NDOptAdvInterval: { advint: 'icmpv6.opt.advertisement_interval' },
  ICMPv6NDOptHAInfo: {
    pref: 'icmpv6.opt.home_agent_preference',
    lifetime: 'icmpv6.opt.home_agent_lifetime',
  },
  ICMPv6NDOptIPAddr: {
    optcode: 'icmpv6.opt.ipa.option_code',
    plen: 'icmpv6.opt.ipa.prefix_len',
    addr: 'icmpv6.opt.ipa.ipv6_address',
  },
  ICMPv6NDOptLLA: { optcode: 'icmpv6.opt.lla.option_code' },
  ICMPv6NDOptMAP: {
    dist: 'icmpv6.opt.map.distance',
    pref: 'icmpv6.opt.map.preference',
    R: 'icmpv6.opt.map.flag.r',
    validlifetime: 'icmpv6.opt.map.valid_lifetime',
    addr: 'icmpv6.opt.map.global_address',
  },
  ICMPv6NDOptRouteInfo: {
    plen: 'icmpv6.opt.prefix.length',
    prf: 'icmpv6.opt.route_info.flag.route_preference',
    rtlifetime: 'icmpv6.opt.route_lifetime',
  },
  ICMPv6NDOptRDNSS: { lifetime: 'icmpv6.opt.rdnss.lifetime', dns: 'icmpv6.opt.rdnss' },
  ICMPv6NDOptDNSSL: { lifetime: 'icmpv6.opt.dnssl.lifetime' },
};

const factsOf = z.array(z.tuple([z.string(), z.string()]));

/** What Scapy says of IPv6 packets. */
export function readByScapy(packets: readonly Uint8Array[]): Statement[][] {
  const input = packets.map((bytes) => Buffer.from(bytes).toString('hex')).join('\n');
  return run('read', input).map((line) => {
    return factsOf.parse(JSON.parse(line)).flatMap(([place, value]): Statement[] => {
      const dot = place.indexOf('.');
      const name = NAMES[place.slice(0, dot)]?.[place.slice(dot + 1)];
      // An empty text says nothing.
      return name === undefined || value === '' ? [] : [{ name, value }];
    });
  });
}

/** Packets of Scapy's own classes. */
export function builtByScapy(): Uint8Array[] {
  return run('build', '').map((line) => new Uint8Array(Buffer.from(line, 'hex')));
}
