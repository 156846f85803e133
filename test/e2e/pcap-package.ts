/** Whether the optional package for live capture is there and was compiled. */
import { createRequire } from 'node:module';

function isThere(): boolean {
  try {
    createRequire(import.meta.url)('pcap/build/Release/pcap_binding.node');
    return true;
  } catch {
    return false;
  }
}

export const hasPcap = isThere();
