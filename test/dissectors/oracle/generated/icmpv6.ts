/**
 * Every ICMPv6 message and every neighbor discovery option.
 */
import fc from 'fast-check';
import { encodeIcmpv6 } from '../../../../dissectors/icmpv6/index.ts';
import type { Icmpv6Message, NdOption } from '../../../../dissectors/icmpv6/index.ts';
import { NEXT_HEADER } from '../../../../dissectors/ipv6/header.ts';
import {
  icmpv6Boundaries,
  icmpv6Values,
  ndOptionBoundaries,
  ndOptionValues,
} from '../../arbitraries.ts';
import { nodeInformation, wholeNdOptions } from '../icmpv6-samples.ts';
import { PLAIN, anyEnvelope, checksumAddresses, packet, sample, wrap } from './sample.ts';
import type { Envelope, SamplePacket } from './sample.ts';

const MESSAGES_OF_A_KIND = 12;
const OPTIONS_OF_A_KIND = 10;
const HOP_LIMIT = 255;

function wrapped(sent: Envelope, message: Icmpv6Message): Uint8Array {
  const octets = encodeIcmpv6(message, checksumAddresses(sent));
  return wrap(sent, NEXT_HEADER.icmpv6, octets, HOP_LIMIT);
}

/** A message as it is when nothing follows it. */
function bare(message: Icmpv6Message): Icmpv6Message {
  return 'options' in message ? { ...message, options: [] } : message;
}

/** The message an option is shown in: a Router Solicitation may hold every option as far as layout goes. */
function carrying(option: NdOption): Icmpv6Message {
  return { kind: 'router-solicitation', code: 0, options: [option] };
}

/** Messages and options of ICMPv6. */
export function icmpv6Packets(): SamplePacket[] {
  const group = 'ICMPv6';
  const messages = [...icmpv6Values].flatMap(([kind, values]) =>
    sample(fc.tuple(anyEnvelope, values), MESSAGES_OF_A_KIND).map(([sent, value]) =>
      packet(group, 'valid', kind, wrapped(sent, bare(value))),
    ),
  );
  const options = [...ndOptionValues].flatMap(([kind, values]) =>
    sample(values, OPTIONS_OF_A_KIND).map((option) =>
      packet(group, 'valid', kind, wrapped(PLAIN, carrying(option))),
    ),
  );
  const whole = wholeNdOptions.map((option) =>
    packet(group, 'valid', option.kind, wrapped(PLAIN, carrying(option))),
  );
  const names = nodeInformation.map((message) =>
    packet(group, 'valid', message.kind, wrapped(PLAIN, message)),
  );
  const limits = [
    ...[...icmpv6Boundaries()].flatMap(([kind, values]) =>
      values.map((value) => packet(group, 'boundary', kind, wrapped(PLAIN, value))),
    ),
    ...[...ndOptionBoundaries()].flatMap(([kind, values]) =>
      values.map((value) => packet(group, 'boundary', kind, wrapped(PLAIN, carrying(value)))),
    ),
  ];
  return [...messages, ...options, ...whole, ...names, ...limits];
}
