/**
 * One line for a packet.
 */
import type { PacketSummary } from '../../dissectors/index.ts';
import type { Paint } from './palette.ts';

const NUMBER_WIDTH = 5;
const TIME_WIDTH = 11;
/** Room for most addresses; a longer one pushes the rest to the right. */
const ADDRESS_WIDTH = 22;
const PROTOCOL_WIDTH = 7;

/** `    1    0.000000  2001:db8::1 → 2001:db8::2  MIPv6  Binding Update ...`, ended by a line feed. */
export function packetLine(
  number: number,
  seconds: number,
  summary: PacketSummary,
  paint: Paint,
): string {
  const { source, destination, protocol, info } = summary;
  const place = `${`${number}`.padStart(NUMBER_WIDTH)} ${seconds.toFixed(6).padStart(TIME_WIDTH)}`;
  const addresses = `${source.padEnd(ADDRESS_WIDTH)} → ${destination.padEnd(ADDRESS_WIDTH)}`;
  const name = paint('name', protocol) + ' '.repeat(Math.max(0, PROTOCOL_WIDTH - protocol.length));
  return `${paint('dim', place)}  ${addresses}  ${name} ${info}\n`;
}
