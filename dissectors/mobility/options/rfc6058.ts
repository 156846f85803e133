/**
 * Transient Binding option of Proxy Mobile IPv6: RFC 6058 section 5.1.
 */
import { flags, uint8 } from '../../core/layout.ts';
import { option } from '../option.ts';
import { PROXY_BINDING } from './message-types.ts';

const LATE_PATH_SWITCH = 0x01;

const transientBinding = option({
  kind: 'transient-binding',
  type: 43,
  name: 'Transient Binding',
  spec: { rfc: 6058, section: '5.1' },
  lengths: [2],
  allowedIn: PROXY_BINDING,
  check: ({ flags: word, lifetime }) =>
    // Section 4.8: such a setting makes an anchor ignore the option.
    (word & LATE_PATH_SWITCH) !== 0 && lifetime === 0 ? 'L flag with lifetime 0' : undefined,
  fields: [
    flags(1, 'flags', {
      label: 'Flags',
      filter: 'mip6.transient_binding.flags',
      bits: {
        latePathSwitch: {
          mask: LATE_PATH_SWITCH,
          label: 'Late path switch (L)',
          filter: 'mip6.transient_binding.l_flag',
        },
      },
    }),
    uint8('lifetime', {
      label: 'Lifetime',
      filter: 'mip6.transient_binding.lifetime',
      unit: '100 ms',
      format: (value) => `${value} (${value * 100} ms)`,
    }),
  ],
});

/** Rows of RFC 6058. */
export const rfc6058Options = [transientBinding] as const;
