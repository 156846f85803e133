/**
 * A link of a network namespace of its own: what is sent at `out` comes in at `tap`.
 */
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { z } from 'zod';

const SET_UP = [
  'ip link add tap type veth peer name out',
  'for link in tap out; do echo 1 > /proc/sys/net/ipv6/conf/$link/disable_ipv6; ip link set $link up; done',
  'exec "$0" "$@"',
].join(' && ');

const nativeModule = z.object({
  PcapSession: z.custom<
    new () => {
      open_live(...settings: unknown[]): string;
      inject(frame: Buffer): void;
    }
  >((value) => typeof value === 'function'),
});

/** Puts frames on the interface `out`, by the package pcap. */
export function frameSender(): (frame: Buffer) => void {
  const loaded: unknown = createRequire(import.meta.url)('pcap/build/Release/pcap_binding.node');
  const session = new (nativeModule.parse(loaded).PcapSession)();
  const ignore = (): void => undefined;
  session.open_live('out', 'less 1', 1 << 20, 65_535, '', ignore, false, 10, ignore, false);
  return (frame) => {
    session.inject(frame);
  };
}

/**
 * Runs a script of ours in a network namespace that has the link. Needs root, unshare and ip.
 * @returns its exit code; 4 when it could not be run
 */
export function runWithLink(script: string, args: readonly string[]): number {
  const command = ['--net', 'sh', '-ec', SET_UP, process.execPath, script, ...args];
  const { status, error } = spawnSync('unshare', command, { stdio: 'inherit' });
  if (error !== undefined) {
    console.error(`unshare: ${error.message}; install util-linux and run as root`);
  }
  return status ?? 4;
}
