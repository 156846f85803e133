/**
 * Numbers, times and packet references as people read them.
 */
import type { AuditDocument, PacketPointer } from '../../io/export/records.ts';

/** `1,234,567`. */
export function countText(count: number): string {
  return `${count}`.replace(/\B(?=(\d{3})+$)/g, ',');
}

/** `1 packet`, `2 packets`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${countText(count)} ${count === 1 ? one : many}`;
}

/** `3 min 12 s`, `1.204 s`. */
export function durationText(seconds: number): string {
  if (seconds < 60) return `${Number(seconds.toFixed(3))} s`;
  const whole = Math.round(seconds);
  const parts: readonly (readonly [number, string])[] = [
    [Math.floor(whole / 86_400), 'd'],
    [Math.floor(whole / 3600) % 24, 'h'],
    [Math.floor(whole / 60) % 60, 'min'],
    [whole % 60, 's'],
  ];
  const first = parts.findIndex(([value]) => value > 0);
  // Two units say enough: seconds do not matter after a day.
  return parts
    .slice(first, first + 2)
    .filter(([value]) => value > 0)
    .map(([value, unit]) => `${value} ${unit}`)
    .join(' ');
}

/** Octets with a unit: `1.2 MB`. */
export function octetsText(octets: number): string {
  const units = ['octets', 'kB', 'MB', 'GB', 'TB'];
  let value = octets;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return unit === 0 ? plural(octets, 'octet') : `${value.toFixed(1)} ${units[unit] ?? ''}`;
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1) || path;
}

/** Names packets and times of one run: as short as they stay clear. */
export class References {
  readonly #isOneDay: boolean;
  readonly #names: ReadonlyMap<string, string>;

  constructor(document: AuditDocument) {
    const { first_packet: first, last_packet: last, inputs } = document.run;
    this.#isOneDay = first?.slice(0, 10) === last?.slice(0, 10);
    const files = inputs.map((input) => input.pcap_filename);
    const bases = new Set(files.map(baseName));
    const isUnique = bases.size === files.length;
    this.#names = new Map(files.map((file) => [file, isUnique ? baseName(file) : file]));
  }

  /** `capture.pcapng#12`, in Wireshark's numbering. */
  packet(pointer: PacketPointer): string {
    return `${this.input(pointer.pcap_filename)}#${pointer.pcap_cnt}`;
  }

  /** Short name of an input. */
  input(file: string): string {
    return this.#names.get(file) ?? file;
  }

  /** Time of day in UTC with milliseconds; with the date when the run lasts longer than a day. */
  time(timestamp: string): string {
    const clock = timestamp.slice(11, 23);
    return this.#isOneDay ? clock : `${timestamp.slice(0, 10)} ${clock}`;
  }

  /** Date and time to the second. */
  dateTime(timestamp: string): string {
    return `${timestamp.slice(0, 10)} ${timestamp.slice(11, 19)}`;
  }
}
