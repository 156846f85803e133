/**
 * Every mobility message and every mobility option, alone and together.
 */
import fc from 'fast-check';
import { NEXT_HEADER } from '../../../../dissectors/ipv6/header.ts';
import { encodeMobilityHeader, MOBILITY_MESSAGES } from '../../../../dissectors/mobility/header.ts';
import type { MobilityMessage } from '../../../../dissectors/mobility/header.ts';
import { mobilityOptions } from '../../../../dissectors/mobility/options/index.ts';
import type { MobilityOption } from '../../../../dissectors/mobility/options/index.ts';
import {
  mobilityBoundaries,
  mobilityOptionBoundaries,
  mobilityOptionValues,
  mobilityValues,
} from '../../arbitraries.ts';
import { PLAIN, anyEnvelope, checksumAddresses, packet, sample, wrap } from './sample.ts';
import type { Envelope, SamplePacket } from './sample.ts';

const MESSAGES_OF_A_KIND = 12;
const OPTIONS_OF_A_KIND = 10;
const ALL_OPTIONS = 6;
/** Octets of options that a Mobility Header has room for, padding counted. */
const OPTION_ROOM = 1800;

function wrapped(sent: Envelope, message: MobilityMessage, options: readonly MobilityOption[]) {
  const how = checksumAddresses(sent);
  return wrap(sent, NEXT_HEADER.mobility, encodeMobilityHeader(message, options, how));
}

/** Messages 0 to 23. */
export function mobilityMessagePackets(): SamplePacket[] {
  const group = 'mobility messages';
  const valid = [...mobilityValues].flatMap(([kind, values]) =>
    sample(fc.tuple(anyEnvelope, values), MESSAGES_OF_A_KIND).map(([sent, value]) =>
      packet(group, 'valid', kind, wrapped(sent, value, [])),
    ),
  );
  const boundary = [...mobilityBoundaries()].flatMap(([kind, values]) =>
    values.map((value) => packet(group, 'boundary', kind, wrapped(PLAIN, value, []))),
  );
  return [...valid, ...boundary];
}

/** Messages an option may be put into: those it may be in come first. */
function carrierOf(kind: string): fc.Arbitrary<MobilityMessage> {
  const row = [...mobilityOptions.definitions.values()].find((item) => item.kind === kind);
  const allowed = row?.allowedIn ?? 'any';
  const found = MOBILITY_MESSAGES.find(
    ({ mhType, hasOptions }) => hasOptions && allowed !== 'any' && allowed.includes(mhType),
  );
  const values = mobilityValues.get(found?.kind ?? 'binding-update');
  if (values === undefined) throw new Error(`no message for option ${kind}`);
  return values;
}

/** Options 0 to 70, each in a message that may carry it, and all in one. */
export function mobilityOptionPackets(): SamplePacket[] {
  const group = 'mobility options';
  const valid = [...mobilityOptionValues].flatMap(([kind, values]) =>
    sample(fc.tuple(carrierOf(kind), values), OPTIONS_OF_A_KIND).map(([message, option]) =>
      packet(group, 'valid', kind, wrapped(PLAIN, message, [option])),
    ),
  );
  const boundary = [...mobilityOptionBoundaries()].flatMap(([kind, values]) => {
    const [carrier] = sample(carrierOf(kind), 1);
    if (carrier === undefined) return [];
    return values.map((option) =>
      packet(group, 'boundary', kind, wrapped(PLAIN, carrier, [option])),
    );
  });
  const update: MobilityMessage = {
    kind: 'binding-update',
    sequence: 1,
    flags: 0xc000,
    lifetime: 15,
  };
  const together = sample(fc.tuple(...mobilityOptionValues.values()), ALL_OPTIONS).flatMap(
    (options) =>
      inMessages(options).map((list) =>
        packet(group, 'valid', 'all options in one message', wrapped(PLAIN, update, list)),
      ),
  );
  return [...valid, ...boundary, ...together];
}

/** All options in one message, or in as few as they fit into. */
function inMessages(options: readonly MobilityOption[]): MobilityOption[][] {
  const messages: MobilityOption[][] = [];
  let current: MobilityOption[] = [];
  for (const option of options) {
    const octets = mobilityOptions.encode([...current, option], 12, 'compute').length;
    if (octets > OPTION_ROOM) {
      messages.push(current);
      current = [];
    }
    current.push(option);
  }
  return [...messages, current];
}
