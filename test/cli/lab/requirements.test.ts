import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { checkPrivileges } from '../../../cli/lab/ip-tool.ts';
import { LabPlace } from '../../../cli/lab/lab-state.ts';
import type { LabState } from '../../../cli/lab/lab-state.ts';
import { labDown, labUp } from '../../../cli/lab/up.ts';
import type { UpOptions } from '../../../cli/lab/up.ts';
import { EXIT } from '../../../cli/exit-codes.ts';
import { capturedTerminal } from '../captured-terminal.ts';

const STATE: LabState = {
  format: 1,
  isPermissive: false,
  homeLink: 'never',
  routeOptimisation: true,
  delay: 0,
  startedAt: '2026-01-01T00:00:00.000Z',
  isUp: false,
};

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'mip6guard-lab-'));
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

describe('the lab', () => {
  test('says clearly that it needs root, before it touches anything', async () => {
    vi.spyOn(process, 'geteuid').mockReturnValue(1000);
    const terminal = capturedTerminal();
    const directory = path.join(folder, 'lab');
    const options: UpOptions = {
      directory,
      isPermissive: false,
      homeLink: undefined,
      routeOptimisation: true,
      delay: 0,
      captures: false,
      homeAgent: undefined,
      gateway: undefined,
      isJson: false,
    };
    for (const refused of [labUp(options, terminal), labDown(directory, terminal)]) {
      await expect(refused).rejects.toMatchObject({ exitCode: EXIT.environment });
      await expect(refused).rejects.toThrow('the lab needs root');
    }
    expect(new LabPlace(directory).isThere).toBe(false);
  });

  test('says clearly that it needs the program ip', () => {
    vi.spyOn(process, 'geteuid').mockReturnValue(0);
    vi.stubEnv('PATH', folder);
    try {
      expect(checkPrivileges).toThrow(/program ip cannot be run.*\n.*iproute2/);
    } finally {
      vi.unstubAllEnvs();
    }
  });
});

describe('the directory of a lab', () => {
  test('is not made where something else is', () => {
    const other = path.join(folder, 'other');
    mkdirSync(other);
    const place = new LabPlace(other);
    expect(() => {
      place.make(STATE);
    }).toThrow(/something already/);
  });

  test('has a name that leaves room for sockets', () => {
    const place = new LabPlace(path.join(folder, 'x'.repeat(100)));
    expect(() => {
      place.make(STATE);
    }).toThrow(/too long/);
    expect(place.isThere).toBe(false);
  });

  test('is not removed when it is none', () => {
    const other = path.join(folder, 'other');
    mkdirSync(path.join(other, 'log'), { recursive: true });
    writeFileSync(path.join(other, 'lab.json'), '{"mine":true}');
    const place = new LabPlace(other);
    place.remove();
    expect(existsSync(path.join(other, 'lab.json'))).toBe(true);
  });

  test('tells a lab that is whole from one that is not, and from none', () => {
    const place = new LabPlace(path.join(folder, 'lab'));
    expect(() => place.load()).toThrow(/there is no lab/);
    place.make(STATE);
    expect(() => place.load()).toThrow(/not whole/);
    place.save({ ...STATE, isUp: true });
    expect(place.load().isUp).toBe(true);
    place.remove();
    expect(place.isThere).toBe(false);
  });
});
