/**
 * ICMPv6 error messages. RFC 4443 section 3. Each quotes as much of the packet it is about as fits.
 */
import { bytesField, reserved, uint32, uint8 } from '../core/layout.ts';
import { icmpv6Message } from './message.ts';

const invokingPacket = bytesField('rest', 'invokingPacket', {
  label: 'Invoking packet',
  filter: 'icmpv6.data',
});

/** Length of the quoted packet where extensions follow it; 0 = none do. RFC 4884 section 4.2. */
const originalLength = uint8('length', {
  label: 'Length of the original datagram',
  filter: 'icmpv6.length',
  unit: '8 octets',
  spec: { rfc: 4884, section: '4.2' },
});
const unused = reserved(3, 'unused', 'icmpv6.reserved');

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
    // RFC 6550 section 11.2.
    { value: 7, name: 'Error in Source Routing Header' },
    // RFC 8883 section 3.
    { value: 8, name: 'Headers too long' },
  ],
  quotesPacket: true,
  fields: [originalLength, unused, invokingPacket],
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
  fields: [originalLength, unused, invokingPacket],
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
    // RFC 8754 section 4.3.1.2.
    { value: 4, name: 'SR Upper-layer Header Error' },
    // RFC 8883 section 2.
    { value: 5, name: 'Unrecognized Next Header type encountered by intermediate node' },
    { value: 6, name: 'Extension header too big' },
    { value: 7, name: 'Extension header chain too long' },
    { value: 8, name: 'Too many extension headers' },
    { value: 9, name: 'Too many options in extension header' },
    { value: 10, name: 'Option too big' },
  ],
  quotesPacket: true,
  fields: [
    uint32('pointer', { label: 'Pointer', filter: 'icmpv6.pointer', unit: 'octets' }),
    invokingPacket,
  ],
});
