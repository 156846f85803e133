/**
 * Lines of the packet list.
 */
import type { PacketRow } from '../../engine/views/model/index.ts';
import type { Segment } from '../components/line.tsx';
import { fit, fitRight, safeText, truncateMiddle } from '../text.ts';
import { EMPHASIS, SEVERITY_LETTERS, SEVERITY_TONES } from '../theme.ts';

/** Cells of the columns of a list. */
export interface RowWidths {
  readonly number: number;
  readonly time: number;
  readonly address: number;
  readonly protocol: number;
  readonly length: number;
}

/** Longest IPv6 address. */
const MAX_ADDRESS = 39;

/** Columns for a list of that many cells; the rest is for what the packet says. */
export function rowWidths(columns: number, packets: number): RowWidths {
  const number = Math.max(5, `${packets}`.length);
  const protocol = columns >= 100 ? 7 : 6;
  const length = columns >= 140 ? 6 : 0;
  const time = columns >= 140 ? 11 : 9;
  // What is said gets a third, addresses share the rest.
  const rest = columns - 6 - number - time - protocol - length;
  const address = Math.max(14, Math.min(MAX_ADDRESS, Math.floor((rest * 0.6) / 2)));
  return { number, time, address, protocol, length };
}

/** Heads of the columns. */
export function headText(widths: RowWidths): string {
  const { number, time, address, protocol, length } = widths;
  return [
    '   ',
    fitRight('No.', number),
    fitRight('Time', time),
    fit('Source', address),
    fit('Destination', address),
    fit('Proto', protocol),
    ...(length === 0 ? [] : [fitRight('Length', length)]),
    'Info',
  ].join(' ');
}

/** Seconds with as many digits as there is room for. */
function secondsText(seconds: number, width: number): string {
  for (let digits = 6; digits > 0; digits--) {
    const text = seconds.toFixed(digits);
    if (text.length <= width) return text;
  }
  return seconds.toFixed(0);
}

/** A packet as a line: severity of its alerts, what it is, whether it is selected; then the columns. */
export function rowSegments(row: PacketRow, widths: RowWidths, mark: string): Segment[] {
  const { number, time, address, protocol, length } = widths;
  const { symbol, tone } = EMPHASIS[row.emphasis];
  const { severity } = row;
  const text = [
    fitRight(`${row.number}`, number),
    fitRight(secondsText(row.seconds, time), time),
    fit(truncateMiddle(safeText(row.source), address), address),
    fit(truncateMiddle(safeText(row.destination), address), address),
    fit(safeText(row.protocol), protocol),
    ...(length === 0 ? [] : [fitRight(`${row.length}`, length)]),
    safeText(row.info),
  ].join(' ');
  return [
    severity === undefined
      ? { text: ' ' }
      : { text: SEVERITY_LETTERS[severity], tone: SEVERITY_TONES[severity] },
    { text: symbol, tone },
    { text: mark, tone: 'strong' },
    { text: ` ${text}`, tone },
  ];
}

/** A packet as text to copy. */
export function rowLine(row: PacketRow): string {
  const { number, seconds, source, destination, protocol, info } = row;
  return safeText(`${number} ${seconds.toFixed(6)} ${source} → ${destination} ${protocol} ${info}`);
}
