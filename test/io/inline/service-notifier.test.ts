import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openServiceNotifier } from '../../../io/inline/service-notifier.ts';
import { openKernel } from '../../../io/native/koffi-kernel.ts';
import { AF_UNIX, MSG_DONTWAIT, SOCK_DGRAM } from '../../../io/native/linux.ts';

const hasKoffi = ((): boolean => {
  try {
    createRequire(import.meta.url)('koffi');
    return process.platform === 'linux';
  } catch {
    return false;
  }
})();

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'mip6guard-notify-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** A service manager that listens. */
function manager(name: string): { next: () => string; close: () => void } {
  const kernel = openKernel();
  const address = kernel.allocate(110);
  const octets = Buffer.from(name);
  if (name.startsWith('@')) octets[0] = 0;
  address.view.setUint16(0, AF_UNIX, true);
  address.bytes.set(octets, 2);
  const descriptor = kernel.socket(AF_UNIX, SOCK_DGRAM, 0);
  expect(kernel.bind(descriptor, address, 2 + octets.length)).toBe(0);
  const memory = kernel.allocate(4096);
  return {
    next: () => {
      const length = kernel.receive(descriptor, memory, 0, 4096, MSG_DONTWAIT);
      return length < 0 ? '' : new TextDecoder().decode(memory.bytes.subarray(0, length));
    },
    close: () => {
      kernel.close(descriptor);
    },
  };
}

describe.skipIf(!hasKoffi)('the service manager (needs koffi)', () => {
  it.each(['file', 'abstract'])('is told at a socket with a name of a kind: %s', (kind) => {
    const name = kind === 'file' ? path.join(folder, 'notify') : `@mip6guard-${process.pid}`;
    const { next, close } = manager(name);
    const notifier = openServiceNotifier({ NOTIFY_SOCKET: name });
    notifier?.send(['READY=1', 'STATUS=all\nwell']);
    expect(next()).toBe('READY=1\nSTATUS=all well');
    notifier?.close();
    notifier?.send(['STOPPING=1']);
    expect(next()).toBe('');
    close();
  });

  it('may be gone, which is no failure', () => {
    const name = path.join(folder, 'notify');
    const { close } = manager(name);
    const notifier = openServiceNotifier({ NOTIFY_SOCKET: name });
    close();
    notifier?.send(['READY=1']);
    notifier?.close();
  });

  it('is named by what is a socket', () => {
    const none = path.join(folder, 'none');
    expect(() => openServiceNotifier({ NOTIFY_SOCKET: none })).toThrow('ENOENT');
    expect(() => openServiceNotifier({ NOTIFY_SOCKET: 'x' })).toThrow('which is no socket');
    expect(() => openServiceNotifier({ NOTIFY_SOCKET: `/${'x'.repeat(108)}` })).toThrow(
      'no socket',
    );
  });

  it('says how often it wants to hear that the service lives', () => {
    const name = path.join(folder, 'notify');
    const { close } = manager(name);
    const watchdogOf = (more: Record<string, string>): number | undefined => {
      const notifier = openServiceNotifier({ NOTIFY_SOCKET: name, ...more });
      notifier?.close();
      return notifier?.watchdog;
    };
    expect(watchdogOf({ WATCHDOG_USEC: '2000000' })).toBe(2000);
    expect(watchdogOf({ WATCHDOG_USEC: '2000000', WATCHDOG_PID: String(process.pid) })).toBe(2000);
    expect(watchdogOf({ WATCHDOG_USEC: '2000000', WATCHDOG_PID: '1' })).toBe(undefined);
    expect(watchdogOf({})).toBe(undefined);
    close();
  });
});

describe('without a service manager', () => {
  it('nobody is told', () => {
    expect(openServiceNotifier({})).toBe(undefined);
    expect(openServiceNotifier({ NOTIFY_SOCKET: '' })).toBe(undefined);
  });
});
