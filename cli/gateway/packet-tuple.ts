/**
 * Between whom a packet goes, as records show it.
 */
import { formatAddress } from '../../dissectors/core/address.ts';
import { NEXT_HEADER } from '../../dissectors/ipv6/header.ts';
import { FrameView, Ipv6View, walkIpv6, walkLink } from '../../dissectors/walk.ts';
import type { CaptureInput, CaptureInterface, PacketRecord } from '../../engine/ports.ts';
import type { EventHead } from '../../io/export/records.ts';
import { eveTimestamp } from '../../io/export/timestamp.ts';
import { ESP_PROTOCOL, ICMPV6_PROTOCOL, MOBILITY_PROTOCOL } from '../report/event-records.ts';

const ADDRESS_OCTETS = 16;

/** IANA names; a protocol without one here is told by its number. */
const PROTOCOLS: Readonly<Record<number, string>> = {
  [NEXT_HEADER.mobility]: MOBILITY_PROTOCOL,
  [NEXT_HEADER.icmpv6]: ICMPV6_PROTOCOL,
  [NEXT_HEADER.esp]: ESP_PROTOCOL,
  [NEXT_HEADER.ah]: 'AH',
  [NEXT_HEADER.tcp]: 'TCP',
  [NEXT_HEADER.udp]: 'UDP',
  [NEXT_HEADER.ipv6]: 'IPv6',
  [NEXT_HEADER.ipv4]: 'IPv4',
  [NEXT_HEADER.gre]: 'GRE',
  [NEXT_HEADER.fragment]: 'IPv6-Frag',
  [NEXT_HEADER.none]: 'IPv6-NoNxt',
};

/** What packets of a source are told by. */
export interface PacketSourceNames {
  readonly inputs: readonly CaptureInput[];
  readonly interfaces: readonly CaptureInterface[];
}

/** Makes heads of records; packets come one at a time. */
export class PacketTuples {
  readonly #source: PacketSourceNames;
  readonly #frame = new FrameView();
  readonly #view = new Ipv6View();

  constructor(source: PacketSourceNames) {
    this.#source = source;
  }

  head(record: PacketRecord): EventHead {
    const { bytes, offset, end, originalLength, linkType, interfaceIndex } = record;
    const { inputs, interfaces } = this.#source;
    const name = interfaces[interfaceIndex]?.name;
    const isCut = end - offset < originalLength;
    walkLink(bytes, offset, end, linkType, isCut, this.#frame);
    return {
      timestamp: eveTimestamp(timeOf(record)),
      pcap_cnt: record.number,
      pcap_filename: inputs[record.inputIndex]?.name ?? '',
      ...(name === undefined ? {} : { in_iface: name }),
      ...this.#addresses(bytes, end, isCut),
    };
  }

  #addresses(bytes: Uint8Array, end: number, isCut: boolean): Partial<EventHead> {
    const { ipVersion, ipOffset } = this.#frame;
    const view = this.#view;
    if (ipVersion !== 6 || !walkIpv6(bytes, ipOffset, end, isCut, view)) return {};
    const address = (offset: number): string =>
      formatAddress(bytes.subarray(offset, offset + ADDRESS_OCTETS));
    const { upperProtocol } = view;
    return {
      src_ip: address(view.source),
      dest_ip: address(view.destination),
      ...(upperProtocol < 0 ? {} : { proto: PROTOCOLS[upperProtocol] ?? `${upperProtocol}` }),
    };
  }
}

/** Time of a packet, microseconds since 1970. */
export function timeOf({ seconds, nanoseconds }: PacketRecord): number {
  return seconds * 1e6 + Math.floor(nanoseconds / 1000);
}
