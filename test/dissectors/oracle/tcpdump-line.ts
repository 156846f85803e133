/**
 * Takes the text that tcpdump prints of a packet apart: each value becomes a statement about a field of ours.
 */
import type { Statement } from './statements.ts';

/** Statements of the groups of a match. */
type Rule = readonly [
  pattern: RegExp,
  make: (...groups: string[]) => readonly (readonly [string, string])[],
];

const hex = (text = ''): string => String(Number.parseInt(text, 16));
const octets = (text = ''): string => text.replace(':', '');
const units = (seconds = ''): string => String(Number(seconds) / 4);
const flag = (isSet: boolean): string => (isSet ? '1' : '0');

const MESSAGES = ['BRR', 'HoTI', 'CoTI', 'HoT', 'CoT', 'BU', 'BA', 'BE'];
const RECORD_TYPES = ['', 'is_in', 'is_ex', 'to_in', 'to_ex', 'allow', 'block'];
const TRANSFORM_TYPES = ['', 'encr', 'prf', 'integ', 'dh', 'esn'];
const PREFERENCES: Readonly<Record<string, string>> = {
  medium: '0',
  high: '1',
  low: '3',
  rsv: '2',
};
const EXCHANGES: Readonly<Record<string, string>> = {
  ikev2_init: '34',
  ikev2_auth: '35',
  child_sa: '36',
};
const time = (text = ''): string => (text === 'infinity' ? '4294967295' : text.replace(/m?s$/, ''));

/** Addresses of routing headers: types 0, 2 and 4. */
const ROUTING_ADDRESSES =
  'ipv6.routing.src.addr|ipv6.routing.mipv6.home_address|ipv6.routing.srh.addr';
const ADDRESS = '[0-9a-f:.]+';

/** What is looked for, anywhere in the text and as often as it is there. */
const RULES: readonly Rule[] = [
  [
    new RegExp(
      `IP6 \\((?:class (0x\\w+), )?(?:flowlabel (0x\\w+), )?hlim (\\d+), next-header .*? \\((\\d+)\\),? payload length:? (\\d+)\\) (${ADDRESS}) > (${ADDRESS}):`,
      'g',
    ),
    (trafficClass, flow, hopLimit, next, length, source, destination) => [
      ['ipv6.tclass', trafficClass === '' ? '0' : hex(trafficClass)],
      ['ipv6.flow', flow === '' ? '0' : hex(flow)],
      ['ipv6.hlim', hopLimit],
      ['ipv6.nxt', next],
      ['ipv6.plen', length],
      ['ipv6.src', source],
      ['ipv6.dst', destination],
    ],
  ],
  [
    new RegExp(`IP6 (${ADDRESS}) > (${ADDRESS}):`, 'g'),
    (source, destination) => [
      ['ipv6.src', source],
      ['ipv6.dst', destination],
    ],
  ],
  [
    /IP (\d+\.\d+\.\d+\.\d+)(?:\.(\d+))? > (\d+\.\d+\.\d+\.\d+)(?:\.(\d+))?:/g,
    (source, sourcePort, destination, destinationPort) => [
      ['ip.src', source],
      ['ip.dst', destination],
      ...(sourcePort === ''
        ? []
        : ([
            ['udp.srcport', sourcePort],
            ['udp.dstport', destinationPort],
          ] as const)),
    ],
  ],
  [
    /IP \(tos (0x\w+), ttl (\d+), id (\d+), offset (\d+), flags \[\w*\], proto \w+ \((\d+)\), length (\d+)/g,
    (service, ttl, id, offset, protocol, length) => [
      ['ip.dsfield', hex(service)],
      ['ip.ttl', ttl],
      ['ip.id', id],
      ['ip.frag_offset', offset],
      ['ip.proto', protocol],
      ['ip.len', length],
    ],
  ],
  [/rtalert: (0x\w+)/g, (value) => [['ipv6.opt.router_alert', hex(value)]]],
  [new RegExp(`homeaddr: (${ADDRESS})\\)`, 'g'), (home) => [['ipv6.opt.mipv6.home_address', home]]],
  [/\[icmp6 sum ok\]/g, () => [['icmpv6.checksum.status', '1']]],
  [/\[bad icmp6 cksum/g, () => [['icmpv6.checksum.status', '0']]],
  [/\[udp sum ok\]/g, () => [['udp.checksum.status', '1']]],
  [
    /RT6 \(len=(\d+), type=(\d+)(?: \[Deprecated\])?, segleft=(\d+)/g,
    (length, type, left) => [
      ['ipv6.routing.len', length],
      ['ipv6.routing.type', type],
      ['ipv6.routing.segleft', left],
    ],
  ],
  [new RegExp(`\\[\\d+\\](${ADDRESS})(?=[,)])`, 'g'), (address) => [[ROUTING_ADDRESSES, address]]],
  [
    /frag \(0x(\w+):(\d+)\|/g,
    (id, offset) => [
      ['ipv6.fraghdr.ident', hex(id)],
      ['ipv6.fraghdr.offset', String(Number(offset) / 8)],
    ],
  ],
  [
    /mobility: (?:\(payload protocol (\d+) should be 59\) )?(BRR|HoTI|CoTI|HoT|CoT|BU|BA|BE)\b/g,
    (protocol, message) => [
      ['mip6.mhtype', String(MESSAGES.indexOf(message))],
      ...(protocol === '' ? [] : ([['mip6.proto', protocol]] as const)),
    ],
  ],
  [/mobility: type-#(\d+) /g, (type) => [['mip6.mhtype', type]]],
  [/HoTI Home Init Cookie=(\w+:\w+)/g, (cookie) => [['mip6.hoti.cookie', octets(cookie)]]],
  [/CoTI Care-of Init Cookie=(\w+:\w+)/g, (cookie) => [['mip6.coti.cookie', octets(cookie)]]],
  [
    /HoT nonce id=(0x\w+)(?: Home Init Cookie=(\w+:\w+) Home Keygen Token=(\w+:\w+))?/g,
    (nonce, cookie, token) => [
      ['mip6.hot.nindex', hex(nonce)],
      ...(cookie === ''
        ? []
        : ([
            ['mip6.hot.cookie', octets(cookie)],
            ['mip6.hot.token', octets(token)],
          ] as const)),
    ],
  ],
  [
    /CoT nonce id=(0x\w+)(?: Care-of Init Cookie=(\w+:\w+) Care-of Keygen Token=(\w+:\w+))?/g,
    (nonce, cookie, token) => [
      ['mip6.cot.nindex', hex(nonce)],
      ...(cookie === ''
        ? []
        : ([
            ['mip6.cot.cookie', octets(cookie)],
            ['mip6.cot.token', octets(token)],
          ] as const)),
    ],
  ],
  [
    /BU seq#=(\d+)((?: [AHLK]+)*)(?: lifetime=(\d+))?/g,
    (sequence, letters, lifetime) => [
      ['mip6.bu.seqnr', sequence],
      ['mip6.bu.a_flag', flag(letters.includes('A'))],
      ['mip6.bu.h_flag', flag(letters.includes('H'))],
      ['mip6.bu.l_flag', flag(letters.includes('L'))],
      ['mip6.bu.k_flag', flag(letters.includes('K'))],
      ...(lifetime === '' ? [] : ([['mip6.bu.lifetime', units(lifetime)]] as const)),
    ],
  ],
  [
    /BA status=(\d+)( K)?(?: seq#=(\d+) lifetime=(\d+))?/g,
    (status, key, sequence, lifetime) => [
      ['mip6.ba.status', status],
      ...(sequence === ''
        ? []
        : ([
            ['mip6.ba.k_flag', flag(key === ' K')],
            ['mip6.ba.seqnr', sequence],
            ['mip6.ba.lifetime', units(lifetime)],
          ] as const)),
    ],
  ],
  [
    new RegExp(`BE status=(\\d+) homeaddr (${ADDRESS})`, 'g'),
    (status, home) => [
      ['mip6.be.status', status],
      ['mip6.be.haddr', home],
    ],
  ],
  [/\(refresh: (\d+)\)/g, (seconds) => [['mip6.bra.interval', units(seconds)]]],
  [new RegExp(`\\(alt-CoA: (${ADDRESS})\\)`, 'g'), (address) => [['mip6.acoa.acoa', address]]],
  [
    /\(ni: ho=(0x\w+) co=(0x\w+)\)/g,
    (home, careOf) => [
      ['mip6.ni.hni', hex(home)],
      ['mip6.ni.cni', hex(careOf)],
    ],
  ],
  [
    /ESP\(spi=(0x\w+)(?:,seq=(0x\w+))?/g,
    (spi, sequence) => [
      ['esp.spi', hex(spi)],
      ...(sequence === '' ? [] : ([['esp.sequence', hex(sequence)]] as const)),
    ],
  ],
  [
    /AH\(spi=(0x\w+),seq=(0x\w+)/g,
    (spi, sequence) => [
      ['ah.spi', hex(spi)],
      ['ah.sequence', hex(sequence)],
    ],
  ],
  [/isakmp 2\.0 msgid (\w+)/g, (id) => [['isakmp.messageid', hex(id)]]],
  [
    /(ikev2_init|ikev2_auth|child_sa)\[/g,
    (exchange) => [['isakmp.exchangetype', EXCHANGES[exchange] ?? '']],
  ],
  [
    /\(p: #(\d+) protoid=\w+ transform=(\d+)/g,
    (number, transforms) => [
      ['isakmp.prop.number', number],
      ['isakmp.prop.transforms', transforms],
    ],
  ],
  [/\(t: #\d+ type=(\w+)/g, (type) => [['isakmp.tf.type', String(TRANSFORM_TYPES.indexOf(type))]]],
  [/\(n: prot_id=#?\w* type=(\d+)/g, (type) => [['isakmp.notify.msgtype', type]]],
  [
    /hop limit (\d+), Flags \[([^\]]*)\], pref (\w+), router lifetime (\d+)s, reachable time (\d+)ms, retrans timer (\d+)ms/g,
    (hopLimit, flags, preference, lifetime, reachable, retransmission) => [
      ['icmpv6.nd.ra.cur_hop_limit', hopLimit],
      ['icmpv6.nd.ra.flag.m', flag(flags.includes('managed'))],
      ['icmpv6.nd.ra.flag.o', flag(flags.includes('other stateful'))],
      ['icmpv6.nd.ra.flag.h', flag(flags.includes('home agent'))],
      ['icmpv6.nd.ra.flag.prf', PREFERENCES[preference] ?? ''],
      ['icmpv6.nd.ra.router_lifetime', lifetime],
      ['icmpv6.nd.ra.reachable_time', reachable],
      ['icmpv6.nd.ra.retrans_timer', retransmission],
    ],
  ],
  [
    /\boption \((\d+)\), length \d+ \((\d+)\)/g,
    (type, length) => [
      ['icmpv6.opt.type', type],
      ['icmpv6.opt.length', length],
    ],
  ],
  [
    /prefix info option \(3\), length \d+ \(\d+\): ([0-9a-f:.]+)\/(\d+), Flags \[([^\]]*)\], valid time (\w+), pref\. time (\w+)/g,
    (prefix, length, flags, valid, preferred) => [
      ['icmpv6.opt.prefix', prefix],
      ['icmpv6.opt.prefix.length', length],
      ['icmpv6.opt.prefix.flag.l', flag(flags.includes('onlink'))],
      ['icmpv6.opt.prefix.flag.a', flag(flags.includes('auto'))],
      ['icmpv6.opt.prefix.flag.r', flag(flags.includes('router'))],
      ['icmpv6.opt.prefix.valid_lifetime', time(valid)],
      ['icmpv6.opt.prefix.preferred_lifetime', time(preferred)],
    ],
  ],
  [
    /rdnss option \(25\), length \d+ \(\d+\): +lifetime (\w+),((?: addr: \S+)+)/g,
    (lifetime, addresses) => [
      ['icmpv6.opt.rdnss.lifetime', time(lifetime)],
      ...addresses
        .split(' addr: ')
        .slice(1)
        .map((address) => ['icmpv6.opt.rdnss', address] as const),
    ],
  ],
  [
    /dnssl option \(31\), length \d+ \(\d+\): +lifetime (\w+),/g,
    (lifetime) => [['icmpv6.opt.dnssl.lifetime', time(lifetime)]],
  ],
  [/mtu option \(5\), length \d+ \(\d+\): +(\d+)/g, (mtu) => [['icmpv6.opt.mtu', mtu]]],
  [
    /link-address option \(\d\), length 8 \(\d+\): ([0-9a-f:]+)/g,
    (address) => [['icmpv6.opt.linkaddr', address.replaceAll(':', '')]],
  ],
  [
    /advertisement interval option \(7\), length \d+ \(\d+\): +(\d+)ms/g,
    (interval) => [['icmpv6.opt.advertisement_interval', interval]],
  ],
  [
    /homeagent information option \(8\), length \d+ \(\d+\): +preference (\d+), lifetime (\d+)/g,
    (preference, lifetime) => [
      ['icmpv6.opt.home_agent_preference', preference],
      ['icmpv6.opt.home_agent_lifetime', lifetime],
    ],
  ],
  [
    /route info option \(24\), length \d+ \(\d+\): +([0-9a-f:.]+)\/(\d+), pref=(\w+), lifetime=(\w+)/g,
    (_, length, preference, lifetime) => [
      ['icmpv6.opt.prefix.length', length],
      ['icmpv6.opt.route_info.flag.route_preference', PREFERENCES[preference] ?? ''],
      ['icmpv6.opt.route_lifetime', time(lifetime)],
    ],
  ],
  [
    /\[gaddr ([0-9a-f:.]+) (is_in|is_ex|to_in|to_ex|allow|block) \{/g,
    (group, type) => [
      ['icmpv6.mldr.mar.multicast_address', group],
      ['icmpv6.mldr.mar.record_type', String(RECORD_TYPES.indexOf(type))],
    ],
  ],
  [
    /\[gaddr ([0-9a-f:.]+) robustness=(\d+)/g,
    (group, robustness) => [
      ['icmpv6.mld.multicast_address', group],
      ['icmpv6.mld.flag.qrv', robustness],
    ],
  ],
  [
    /mobile router (?:solicitation|advertisement), (?:length \d+, )?id (0x\w+)/g,
    (id) => [['icmpv6.mip6.identifier', hex(id)]],
  ],
  [
    /dhaad (?:request|reply), (?:length \d+, )?id (0x\w+)/g,
    (id) => [['icmpv6.mip6.identifier', hex(id)]],
  ],
];

/** What the text of a packet says, in the order of its values for each field. */
export function statementsOfLine(text: string): Statement[] {
  return RULES.flatMap(([pattern, make]) =>
    [...text.matchAll(pattern)].flatMap((match) =>
      make(...match.slice(1).map((group: string | undefined) => group ?? '')).map(
        ([name, value]) => ({ name, value }),
      ),
    ),
  );
}
