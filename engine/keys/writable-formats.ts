/**
 * Formats that key files can be written in. Apart from the writers, so that help does not load those.
 */

/** Names, as the command line takes them. */
export const WRITABLE_KEY_FORMATS = ['esp_sa', 'setkey', 'ip-xfrm', 'tcpdump', 'yaml'] as const;
export type WritableKeyFormat = (typeof WRITABLE_KEY_FORMATS)[number];
