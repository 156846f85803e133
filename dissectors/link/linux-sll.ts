/**
 * Linux cooked capture headers: SLL (link type 113) and SLL2 (link type 276).
 */
import { u16 } from '../core/bytes.ts';
import {
  bytesField,
  concatenate,
  layout,
  reserved,
  uint16,
  uint32,
  uint8,
} from '../core/layout.ts';
import type { Layout } from '../core/layout.ts';
import { addHeader, reportLinkEnd } from '../layer.ts';
import type { LayerContext, LayerInput } from '../layer.ts';
import { ETHERTYPE_NAMES } from './ethertype.ts';

/** Direction of a packet. */
const PACKET_TYPES = [
  { value: 0, name: 'Unicast to us' },
  { value: 1, name: 'Broadcast' },
  { value: 2, name: 'Multicast' },
  { value: 3, name: 'Unicast to another host' },
  { value: 4, name: 'Sent by us' },
] as const;

/** Cooked header of version 1. */
export const linuxSllHeader = layout({
  name: 'Linux cooked capture v1',
  fields: [
    uint16('packetType', { label: 'Packet type', filter: 'sll.pkttype', values: PACKET_TYPES }),
    uint16('addressType', { label: 'Link-layer address type', filter: 'sll.hatype' }),
    uint16('addressLength', {
      label: 'Link-layer address length',
      filter: 'sll.halen',
      unit: 'octets',
    }),
    bytesField(6, 'address', { label: 'Source', filter: 'sll.src.eth', show: 'mac' }),
    bytesField(2, 'unused', { label: 'Unused', filter: 'sll.unused' }),
    uint16('protocol', {
      label: 'Protocol',
      filter: 'sll.etype',
      hex: true,
      values: ETHERTYPE_NAMES,
    }),
  ],
});

/** Cooked header of version 2. */
export const linuxSll2Header = layout({
  name: 'Linux cooked capture v2',
  fields: [
    uint16('protocol', {
      label: 'Protocol',
      filter: 'sll.etype',
      hex: true,
      values: ETHERTYPE_NAMES,
    }),
    reserved(2, 'reserved', 'sll.reserved'),
    uint32('interfaceIndex', { label: 'Interface index', filter: 'sll.ifindex' }),
    uint16('addressType', { label: 'Link-layer address type', filter: 'sll.hatype' }),
    uint8('packetType', { label: 'Packet type', filter: 'sll.pkttype', values: PACKET_TYPES }),
    uint8('addressLength', {
      label: 'Link-layer address length',
      filter: 'sll.halen',
      unit: 'octets',
    }),
    bytesField(6, 'address', { label: 'Source', filter: 'sll.src.eth', show: 'mac' }),
    bytesField(2, 'unused', { label: 'Unused', filter: 'sll.unused' }),
  ],
});

function dissectCooked(
  context: LayerContext,
  { offset, end }: LayerInput,
  header: Layout,
  protocolOffset: number,
): LayerInput | undefined {
  const node = addHeader(context, header, 'sll', offset, end);
  if (end - offset < header.fixedOctets) {
    return reportLinkEnd(context, header.name, offset, end);
  }
  context.link = { node, trailer: 'sll.trailer' };
  return {
    table: 'ethertype',
    key: u16(context.bytes, offset + protocolOffset),
    offset: offset + header.fixedOctets,
    end,
  };
}

const SLL_PROTOCOL = linuxSllHeader.offsetOf('protocol');
const SLL2_PROTOCOL = linuxSll2Header.offsetOf('protocol');

/** Layer: Linux cooked capture v1. */
export function dissectLinuxSll(context: LayerContext, input: LayerInput): LayerInput | undefined {
  return dissectCooked(context, input, linuxSllHeader, SLL_PROTOCOL);
}

/** Layer: Linux cooked capture v2. */
export function dissectLinuxSll2(context: LayerContext, input: LayerInput): LayerInput | undefined {
  return dissectCooked(context, input, linuxSll2Header, SLL2_PROTOCOL);
}

/** What a cooked frame is made of. */
export interface CookedFrame {
  /** 0 to us, 1 broadcast, 2 multicast, 3 to another host, 4 sent by us; default 0. */
  readonly packetType?: number;
  /** Link-layer address of the sender, 6 octets. */
  readonly address: Uint8Array;
  /** Ethertype; default IPv6. */
  readonly protocol?: number;
  readonly payload: Uint8Array;
}

/** ARPHRD_ETHER. */
const ADDRESS_TYPE_ETHERNET = 1;

/** Frame of link type 113. Throws RangeError when the address is not 6 octets. */
export function sll(frame: CookedFrame): Uint8Array {
  const { packetType = 0, address, protocol = 0x86dd, payload } = frame;
  const header = linuxSllHeader.encode({
    packetType,
    addressType: ADDRESS_TYPE_ETHERNET,
    addressLength: 6,
    address,
    unused: new Uint8Array(2),
    protocol,
  });
  return concatenate([header, payload]);
}

/** Frame of link type 276. Throws RangeError when the address is not 6 octets. */
export function sll2(frame: CookedFrame & { readonly interfaceIndex?: number }): Uint8Array {
  const { packetType = 0, address, protocol = 0x86dd, interfaceIndex = 1, payload } = frame;
  const header = linuxSll2Header.encode({
    protocol,
    interfaceIndex,
    addressType: ADDRESS_TYPE_ETHERNET,
    packetType,
    addressLength: 6,
    address,
    unused: new Uint8Array(2),
  });
  return concatenate([header, payload]);
}
