/**
 * Everything that can be wrong with a capture file, each with a stable code.
 *
 * A fault never stops the reading of what is still readable; it is told once with the place in the file.
 */
export const CAPTURE_FAULTS = {
  CAPTURE_TRUNCATED: 'the file ends inside a record or header',
  CAPTURE_RECORD_LENGTH: 'a record or block has a length that cannot be',
  CAPTURE_RECORD_HEADER: 'a pcap record header makes no sense',
  CAPTURE_BLOCK_TRAILER: 'the two length fields of a pcapng block differ',
  CAPTURE_BYTE_ORDER: 'a pcapng section header has no valid byte-order magic',
  CAPTURE_VERSION: 'the file format has a version this reader does not know',
  CAPTURE_INTERFACE_UNKNOWN: 'a packet names an interface that was not described before it',
  CAPTURE_INTERFACE_LIMIT: 'the file describes more interfaces than are kept',
  CAPTURE_INTERFACE_OPTION: 'an option of an interface description cannot be used',
  CAPTURE_TIME_RANGE:
    'a capture time cannot be: a fraction beyond one second, or a year outside of 1970 to 9999',
} as const;

/** One of the codes of {@link CAPTURE_FAULTS}. */
export type CaptureFaultCode = keyof typeof CAPTURE_FAULTS;
