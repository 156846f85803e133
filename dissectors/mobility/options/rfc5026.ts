/**
 * DNS Update mobility option: RFC 5026 section 8.1.
 */
import { u8 } from '../../core/bytes.ts';
import { bytesField, flags, uint8 } from '../../core/layout.ts';
import type { NamedValue } from '../../core/layout.ts';
import { showOctets } from '../../core/show.ts';
import { printable } from '../../core/text.ts';
import { named } from '../named.ts';
import { option } from '../option.ts';
import { BINDING_ACKNOWLEDGEMENT, BINDING_UPDATE } from './message-types.ts';

/** Result of the DNS update; values below 128 are successes. RFC 5026 section 8.1. */
export const DNS_UPDATE_STATUS: readonly NamedValue[] = named(5026, '8.1', [
  [0, 'DNS update performed'],
  [128, 'Reason unspecified'],
  [129, 'Administratively prohibited'],
  [130, 'DNS update failed'],
]);

/** Longest label of a name. RFC 1035 section 2.3.4. */
const MAX_LABEL = 63;

/** Whether the octets are one name in DNS wire format, with or without the root at its end. */
function isWireName(octets: Uint8Array): boolean {
  let at = 0;
  while (at < octets.length) {
    const length = u8(octets, at);
    if (length === 0) return at > 0 && at === octets.length - 1;
    if (length > MAX_LABEL) return false;
    at += 1 + length;
  }
  return at > 0 && at === octets.length;
}

/** The document says `FQDN format` and not which: labels where they are labels, else text. */
function fqdnText(octets: Uint8Array): string {
  return isWireName(octets) ? showOctets('dns', octets, 0, octets.length, {}) : printable(octets);
}

const dnsUpdate = option({
  kind: 'dns-update',
  type: 17,
  name: 'DNS Update',
  filter: 'mip6.options.dnsu',
  spec: { rfc: 5026, section: '8.1' },
  allowedIn: [BINDING_UPDATE, BINDING_ACKNOWLEDGEMENT],
  fields: [
    uint8('status', { label: 'Status', filter: 'mip6.dnsu.status', values: DNS_UPDATE_STATUS }),
    flags(1, 'flags', {
      label: 'Flags',
      filter: 'mip6.dnsu.flags',
      bits: { remove: { mask: 0x80, label: 'Remove (R)', filter: 'mip6.dnsu.flag.r' } },
    }),
    bytesField('rest', 'mobileNodeIdentity', {
      label: 'MN identity (FQDN)',
      filter: 'mip6.dnsu.mn_id',
      show: fqdnText,
    }),
  ],
});

/** Rows of RFC 5026. */
export const rfc5026Options = [dnsUpdate] as const;
