/**
 * IPv4 Traffic Offload Selector option: RFC 6909 section 3.1.
 */
import { flags, tlvs } from '../../core/layout.ts';
import { option } from '../option.ts';
import { IPV4_BINARY } from '../traffic-selector.ts';
import { BINDING_ACKNOWLEDGEMENT, PROXY_SESSION } from './message-types.ts';
import { flowSubOptions } from './rfc6089.ts';

/** Everything but the selected flows is offloaded. */
const MODE = 0x8000_0000;

const ipv4TrafficOffloadSelector = option({
  kind: 'ipv4-traffic-offload-selector',
  type: 53,
  name: 'IPv4 Traffic Offload Selector',
  filter: 'mip6.options.ipv4_offload',
  spec: { rfc: 6909, section: '3.1' },
  // The text; the figure draws 4n+2, which alone would give the sub-option the alignment of RFC 6088.
  align: [4, 0],
  allowedIn: PROXY_SESSION,
  check({ flags: word, subOptions }, mhType) {
    let selectors = 0;
    for (const item of subOptions) {
      if (item.kind === 'pad1' || item.kind === 'padn') continue;
      if (item.kind === 'unknown' || item.kind === 'malformed') continue;
      if (item.kind !== 'traffic-selector') return `sub-option ${item.kind} has no place here`;
      if (item.tsFormat !== IPV4_BINARY) return `TS format ${item.tsFormat} is not IPv4`;
      selectors++;
    }
    if (selectors > 0 || subOptions.some(({ kind }) => kind === 'unknown')) return undefined;
    if (mhType === BINDING_ACKNOWLEDGEMENT) return 'no traffic selector in an acknowledgement';
    // Section 3.2: a request for any policy has M = 0.
    return (word & MODE) === 0 ? undefined : 'M flag without a traffic selector';
  },
  fields: [
    flags(4, 'flags', {
      label: 'Flags',
      filter: 'mip6.ipv4_offload.flags',
      bits: {
        mode: {
          mask: MODE,
          label: 'M (offload all but the selected flows)',
          filter: 'mip6.ipv4_offload.m_flag',
        },
      },
    }),
    tlvs('subOptions', { label: 'Sub-options', codec: flowSubOptions }),
  ],
});

/** Rows of RFC 6909. */
export const rfc6909Options = [ipv4TrafficOffloadSelector] as const;
