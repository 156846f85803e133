/**
 * ICMPv6 error messages. RFC 4443 section 3. Each quotes as much of the packet it is about as fits.
 */
import { bytesField, reserved, uint32 } from '../core/layout.ts';
import { icmpv6Message } from './message.ts';

const invokingPacket = bytesField('rest', 'invokingPacket', {
  label: 'Invoking packet',
  filter: 'icmpv6.data',
});

/** Destination Unreachable. RFC 4443 section 3.1. */
export const destinationUnreachable = icmpv6Message({
  kind: 'destination-unreachable',
  type: 1,
  name: 'Destination Unreachable',
  spec: { rfc: 4443, section: '3.1' },
  codes: [
    { value: 0, name: 'no route to destination' },
    { value: 1, name: 'Administratively prohibited' },
    { value: 2, name: 'Beyond scope of source address' },
    { value: 3, name: 'Address unreachable' },
    { value: 4, name: 'Port unreachable' },
    { value: 5, name: 'Source address failed ingress/egress policy' },
    { value: 6, name: 'Reject route to destination' },
  ],
  quotesPacket: true,
  fields: [reserved(4, 'unused', 'icmpv6.reserved'), invokingPacket],
});

/** Packet Too Big. RFC 4443 section 3.2. */
export const packetTooBig = icmpv6Message({
  kind: 'packet-too-big',
  type: 2,
  name: 'Packet Too Big',
  spec: { rfc: 4443, section: '3.2' },
  quotesPacket: true,
  fields: [uint32('mtu', { label: 'MTU', filter: 'icmpv6.mtu', unit: 'octets' }), invokingPacket],
});

/** Time Exceeded. RFC 4443 section 3.3. */
export const timeExceeded = icmpv6Message({
  kind: 'time-exceeded',
  type: 3,
  name: 'Time Exceeded',
  spec: { rfc: 4443, section: '3.3' },
  codes: [
    { value: 0, name: 'hop limit exceeded in transit' },
    { value: 1, name: 'fragment reassembly time exceeded' },
  ],
  quotesPacket: true,
  fields: [reserved(4, 'unused', 'icmpv6.reserved'), invokingPacket],
});

/** Parameter Problem. RFC 4443 section 3.4. */
export const parameterProblem = icmpv6Message({
  kind: 'parameter-problem',
  type: 4,
  name: 'Parameter Problem',
  spec: { rfc: 4443, section: '3.4' },
  codes: [
    { value: 0, name: 'erroneous header field encountered' },
    { value: 1, name: 'unrecognized Next Header type encountered' },
    { value: 2, name: 'unrecognized IPv6 option encountered' },
    // RFC 7112 section 6.
    { value: 3, name: 'IPv6 First Fragment has incomplete IPv6 Header Chain' },
  ],
  quotesPacket: true,
  fields: [
    uint32('pointer', { label: 'Pointer', filter: 'icmpv6.pointer', unit: 'octets' }),
    invokingPacket,
  ],
});
