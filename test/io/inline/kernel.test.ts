import { describe, expect, it } from 'vitest';
import { HostError } from '../../../io/native/host-error.ts';
import { callError } from '../../../io/native/kernel.ts';
import { openKernel } from '../../../io/native/koffi-kernel.ts';
import { EINVAL, ENODEV } from '../../../io/native/linux.ts';

const LINUX = { platform: 'linux', arch: 'x64' };

function failure(action: () => unknown): HostError {
  try {
    action();
  } catch (error) {
    if (error instanceof HostError) return error;
    throw error;
  }
  throw new Error('it did not fail');
}

describe('the way to the kernel', () => {
  it('says how to get the package when it is not installed', () => {
    const { code, message, hint, isUsage } = failure(() =>
      openKernel(() => {
        throw Object.assign(new Error('Cannot find module'), { code: 'MODULE_NOT_FOUND' });
      }, LINUX),
    );
    expect({ code, message, isUsage }).toEqual({
      code: 'ERR_HOST_PACKAGE',
      message: 'nodes need the package koffi 3.3: it is not installed',
      isUsage: false,
    });
    expect(hint).toContain('npm install --no-save koffi@3.3.4');
  });

  it('gives the reason when the package cannot be loaded', () => {
    const { code, message } = failure(() =>
      openKernel(() => {
        throw new Error('wrong ELF class\n    at somewhere');
      }, LINUX),
    );
    expect({ code, message }).toEqual({
      code: 'ERR_HOST_PACKAGE',
      message: 'nodes need the package koffi 3.3: wrong ELF class',
    });
  });

  it.each([undefined, {}, { load: 1, address: 1, errno: 1, node: {} }])(
    'does not take another package for it: %j',
    (loaded) => {
      expect(failure(() => openKernel(() => loaded, LINUX)).message).toContain('it is another one');
    },
  );

  it.each([
    { platform: 'darwin', arch: 'arm64' },
    { platform: 'linux', arch: 'arm' },
    { platform: 'linux', arch: 's390x' },
  ])('refuses a system whose structures are others: %j', (system) => {
    const { code, message } = failure(() => openKernel(() => ({}), system));
    expect(code).toBe('ERR_HOST_PACKAGE');
    expect(message).toContain(`${system.platform} on ${system.arch}`);
  });

  it('tells a lack of privileges from other errors', () => {
    const forbidden = callError('ERR_HOST_OPEN', 'open it', -1);
    expect(forbidden.code).toBe('ERR_HOST_PERMISSION');
    expect(forbidden.message).toContain('may not open it');
    expect(callError('ERR_HOST_TUN', 'make it', EINVAL, 'tun0')).toMatchObject({
      code: 'ERR_HOST_TUN',
      message: 'the kernel does not make it: EINVAL',
      interfaceName: 'tun0',
    });
    expect(callError('ERR_HOST_OPEN', 'find it', ENODEV).message).toContain('ENODEV');
  });
});
