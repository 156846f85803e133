/**
 * Formats that key files can be written in. Apart from the writers, so that help does not load those.
 */

/** Names of those that hold keys, as the command line takes them. */
export const WRITABLE_KEY_FORMATS = ['esp_sa', 'setkey', 'ip-xfrm', 'tcpdump', 'yaml'] as const;
export type WritableKeyFormat = (typeof WRITABLE_KEY_FORMATS)[number];

/** All names: also the notation of RFC 3776 and RFC 4877, which holds policies and selectors and no keys. */
export const WRITABLE_FORMATS = [...WRITABLE_KEY_FORMATS, 'spd'] as const;
export type WritableFormat = (typeof WRITABLE_FORMATS)[number];
