/**
 * Multicast listener context of fast handovers: RFC 7411 section 5.
 */
import { u16, u8 } from '../../core/bytes.ts';
import { bytesField, list, reserved, uint16, uint8, when } from '../../core/layout.ts';
import type { Condition, Layout, NamedValue } from '../../core/layout.ts';
import { igmpGroupRecord, multicastAddressRecord } from '../../multicast/records.ts';
import { named } from '../named.ts';
import { option } from '../option.ts';
import type { OptionExtent, OptionFraming } from '../option.ts';
import { HANDOVER_ACKNOWLEDGE, HANDOVER_INITIATE } from './message-types.ts';

const FAST_BINDING_UPDATE = 8;
const FAST_BINDING_ACKNOWLEDGMENT = 9;

/** Type and Length. */
const HEADER_OCTETS = 2;
/** Option-Code and the octet after it: the words of Length begin behind them. */
const CODE_OCTETS = 2;
/** Code octets, Reserved and number of records. */
const BEFORE_RECORDS = 6;
/** Options looked at to tell whether octets are a list of them. */
const MAX_LOOK_AHEAD = 16;

/** Payload types of the Multicast Mobility option. RFC 7411 section 5.3. */
const IGMP_CODES: readonly number[] = [1, 3];
const MLD_CODES: readonly number[] = [2, 4];
const MOBILITY_CODES: readonly NamedValue[] = named(7411, '5.3', [
  [1, 'IGMPv3 Payload Type'],
  [2, 'MLDv2 Payload Type'],
  [3, 'IGMPv3 Payload Type from IGMPv2 Compatibility Mode'],
  [4, 'MLDv2 Payload Type from MLDv1 Compatibility Mode'],
]);

const PAYLOAD_UNSUPPORTED = 1;
/** Statuses of the Multicast Acknowledgement option. RFC 7411 section 5.4. */
const STATUSES: readonly NamedValue[] = named(7411, '5.4', [
  [PAYLOAD_UNSUPPORTED, 'Report Payload type unsupported'],
  [2, 'Requested group service unsupported'],
  [3, 'Requested group service administratively prohibited'],
]);

/** Octets of `count` records at `at`, -1 when they do not fit. */
function recordOctets(
  record: Layout,
  count: number,
  bytes: Uint8Array,
  at: number,
  end: number,
): number {
  let place = at;
  for (let i = 0; i < count; i++) {
    const octets = record.measure(bytes, place, end);
    if (octets <= 0) return -1;
    place += octets;
  }
  return place - at;
}

/** Whether options follow one another at `at`, as far as is looked. */
function isOptionList(bytes: Uint8Array, at: number, end: number): boolean {
  let place = at;
  for (let i = 0; i < MAX_LOOK_AHEAD && place < end; i++) {
    if (u8(bytes, place) === 0) place++;
    else if (place + 1 < end) place += HEADER_OCTETS + u8(bytes, place + 1);
    else return false;
  }
  return place <= end;
}

/**
 * Section 5.3 counts 32-bit words after the first four octets, RFC 6275 section 6.2.1 octets after the Length, and
 * whoever skips the option uses the latter. The records tell which was meant: both never agree. Where they do not
 * tell, the reading that leaves a list of options behind the option is taken, words first.
 * @param recordsOf what the records may be, by Option-Code.
 */
function reportFraming(recordsOf: (code: number) => readonly Layout[]): OptionFraming {
  return {
    measure(bytes, at, end) {
      const length = u8(bytes, at + 1);
      const words: OptionExtent = {
        octets: CODE_OCTETS + 4 * length,
        isRegular: true,
        rule: '32-bit words after the first 4 octets, RFC 7411 section 5.3',
      };
      const octets: OptionExtent = {
        octets: length,
        isRegular: false,
        rule: 'octets, RFC 6275 section 6.2.1',
      };
      const data = at + HEADER_OCTETS;
      const records = data + BEFORE_RECORDS;
      // No further than the longer reading: many options must not each walk the rest of the message.
      const limit = Math.min(end, data + Math.max(words.octets, octets.octets));
      if (records <= limit) {
        for (const record of recordsOf(u8(bytes, data))) {
          const taken = recordOctets(record, u16(bytes, records - 2), bytes, records, limit);
          if (taken < 0) continue;
          if (BEFORE_RECORDS + taken === words.octets) return words;
          if (BEFORE_RECORDS + taken === octets.octets) return octets;
        }
      }
      const readings = [words, octets];
      return (
        readings.find((reading) => isOptionList(bytes, data + reading.octets, end)) ??
        readings.find((reading) => data + reading.octets <= end) ??
        words
      );
    },
    length: (octets) => (octets - CODE_OCTETS) / 4,
  };
}

const isCode =
  (codes: readonly number[]): Condition =>
  ({ code = 0 }) =>
    codes.includes(code);
const count = 'numberOfRecords';

const multicastMobility = option({
  kind: 'multicast-mobility',
  type: 60,
  name: 'Multicast Mobility',
  filter: 'mip6.options.mcast',
  spec: { rfc: 7411, section: '5.3' },
  allowedIn: [FAST_BINDING_UPDATE, HANDOVER_INITIATE],
  // A node that listens to IPv4 and IPv6 groups has both payload types.
  repeatable: true,
  framing: reportFraming((code) => {
    if (IGMP_CODES.includes(code)) return [igmpGroupRecord];
    return MLD_CODES.includes(code) ? [multicastAddressRecord] : [];
  }),
  check: ({ code }) =>
    MOBILITY_CODES.some(({ value }) => value === code)
      ? undefined
      : `option code ${code} is not 1 to 4`,
  fields: [
    uint8('code', { label: 'Option-Code', filter: 'mip6.mcast.code', values: MOBILITY_CODES }),
    reserved(1, 'reserved', 'mip6.mcast.reserved'),
    reserved(2, 'reportReserved', 'mip6.mcast.report_reserved'),
    uint16('numberOfRecords', { label: 'Number of records', filter: 'mip6.mcast.nb_records' }),
    when(
      isCode(IGMP_CODES),
      list('groupRecords', { label: 'Group records', of: igmpGroupRecord, count }),
    ),
    when(
      isCode(MLD_CODES),
      list('addressRecords', {
        label: 'Multicast address records',
        of: multicastAddressRecord,
        count,
      }),
    ),
    when(
      ({ code = 0 }) => !IGMP_CODES.includes(code) && !MLD_CODES.includes(code),
      bytesField('rest', 'payload', { label: 'Report payload', filter: 'mip6.mcast.payload' }),
    ),
  ],
});

/**
 * Nothing in the Multicast Acknowledgement option says whose records it holds: those of IGMPv3 when only they take
 * exactly what is left.
 */
function holdsGroupRecords(
  total: number,
  room: number,
  bytes: Uint8Array | undefined,
  at: number,
): boolean {
  if (bytes === undefined) return false;
  const fits = (record: Layout): boolean =>
    recordOctets(record, total, bytes, at, at + room) === room;
  return fits(igmpGroupRecord) && !fits(multicastAddressRecord);
}

const multicastAcknowledgement = option({
  kind: 'multicast-acknowledgement',
  type: 61,
  name: 'Multicast Acknowledgement',
  filter: 'mip6.options.mcast_ack',
  spec: { rfc: 7411, section: '5.4' },
  allowedIn: [FAST_BINDING_ACKNOWLEDGMENT, HANDOVER_ACKNOWLEDGE],
  repeatable: true,
  framing: reportFraming(() => [igmpGroupRecord, multicastAddressRecord]),
  check({ code, status, numberOfRecords, groupRecords, addressRecords }) {
    if (code !== 0) return `option code ${code} is not 0`;
    if (STATUSES.every(({ value }) => value !== status)) return `status ${status} is not 1 to 3`;
    if (numberOfRecords === 0) return undefined;
    if ((groupRecords ?? addressRecords) === undefined) return `${numberOfRecords} records missing`;
    return status === PAYLOAD_UNSUPPORTED
      ? 'records although the payload type is unsupported'
      : undefined;
  },
  fields: [
    uint8('code', { label: 'Option-Code', filter: 'mip6.mcast.code' }),
    uint8('status', { label: 'Status', filter: 'mip6.mcast.status', values: STATUSES }),
    reserved(2, 'reportReserved', 'mip6.mcast.report_reserved'),
    uint16('numberOfRecords', { label: 'Number of records', filter: 'mip6.mcast.nb_records' }),
    when(
      ({ numberOfRecords = 0 }, room, bytes, at = 0) =>
        holdsGroupRecords(numberOfRecords, room, bytes, at),
      list('groupRecords', { label: 'Group records', of: igmpGroupRecord, count }),
    ),
    when(
      ({ numberOfRecords = 0 }, room, bytes, at = 0) =>
        numberOfRecords > 0 && room > 0 && !holdsGroupRecords(numberOfRecords, room, bytes, at),
      list('addressRecords', {
        label: 'Multicast address records',
        of: multicastAddressRecord,
        count,
      }),
    ),
  ],
});

/** Rows of RFC 7411. */
export const rfc7411Options = [multicastMobility, multicastAcknowledgement] as const;
