/**
 * One line for a packet.
 */
import type { PacketSummary } from '../../dissectors/index.ts';
import type { Paint, Style } from './palette.ts';

const NUMBER_WIDTH = 5;
const TIME_WIDTH = 11;
/** First width of an address column, characters; it grows with the addresses seen. */
const ADDRESS_WIDTH = 20;
const PROTOCOL_WIDTH = 7;

/** Lays out packet lines: columns grow with what is in them and never shrink, so that lines stay below each other. */
export class PacketLines {
  readonly #paint: Paint;
  #sourceWidth = ADDRESS_WIDTH;
  #destinationWidth = ADDRESS_WIDTH;

  constructor(paint: Paint) {
    this.#paint = paint;
  }

  /**
   * `    1    0.000000  2001:db8::1 → 2001:db8::2  MIPv6  Binding Update ...`, ended by a line feed.
   * @param seconds since the first packet
   * @param style of the protocol's name
   */
  line(number: number, seconds: number, summary: PacketSummary, style: Style = 'name'): string {
    const { source, destination, protocol, info } = summary;
    const paint = this.#paint;
    this.#sourceWidth = Math.max(this.#sourceWidth, source.length);
    this.#destinationWidth = Math.max(this.#destinationWidth, destination.length);
    const place = `${`${number}`.padStart(NUMBER_WIDTH)} ${seconds.toFixed(6).padStart(TIME_WIDTH)}`;
    const from = source.padEnd(this.#sourceWidth);
    const to = destination.padEnd(this.#destinationWidth);
    const name = paint(style, protocol) + ' '.repeat(Math.max(0, PROTOCOL_WIDTH - protocol.length));
    return `${paint('dim', place)}  ${from} → ${to}  ${name} ${info}\n`;
  }
}
