/**
 * Fields that several neighbor discovery options share.
 */
import { bytesField } from '../../core/layout.ts';

/** Filter field of the reserved octets of all options, as in Wireshark. */
export const RESERVED = 'icmpv6.opt.reserved';
/** Filter field of padding that has no better one. */
export const PADDING = 'icmpv6.opt.padding';

/** Lifetime without end. RFC 4861 section 4.6.2. */
export const INFINITY = 0xffffffff;

/** Seconds, with the value that stands for infinity. RFC 4861 section 4.6.2, RFC 4191 section 2.3. */
export function lifetimeText(seconds: number): string {
  return seconds === INFINITY ? 'infinity' : `${seconds} s`;
}

/** Octets that fill an option up to a multiple of 8; absent when there are none. */
export const padding = bytesField('rest', 'padding', {
  label: 'Padding',
  filter: PADDING,
  optional: true,
});

/** As many octets of padding as the option says. RFC 3971 section 5.1. */
export const countedPadding = bytesField({ by: 'padLength' }, 'padding', {
  label: 'Padding',
  filter: PADDING,
});
