import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { writeLabFiles } from '../../../cli/lab/lab-files.ts';
import { LabPlace } from '../../../cli/lab/lab-state.ts';
import type { LabState } from '../../../cli/lab/lab-state.ts';
import { ASSOCIATIONS, DEFAULT_DIRECTORY, namespacePrefix } from '../../../cli/lab/plan.ts';
import { declarationsOf } from '../../../cli/nodes/declarations.ts';
import { readNodeFile } from '../../../cli/nodes/node-file.ts';
import { nodeAssociations } from '../../../cli/nodes/node-keys.ts';
import { readSiteFile } from '../../../cli/site-file.ts';

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
let place: LabPlace;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'mip6guard-lab-files-'));
  place = new LabPlace(path.join(folder, 'lab'));
  place.make(STATE);
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('files of a lab', () => {
  test('are configurations that the nodes take, with an association for each purpose and way', async () => {
    writeLabFiles(place, STATE);
    const warnings: string[] = [];
    for (const [node, role] of [
      ['ha', 'home-agent'],
      ['mn', 'mobile-node'],
      ['cn', 'correspondent-node'],
    ] as const) {
      const settings = await readNodeFile(place.configuration(node), role);
      const declared = declarationsOf(settings);
      const found = await nodeAssociations(settings.keys, declared, (text) => warnings.push(text));
      expect(found).toHaveLength(node === 'cn' ? 0 : 2 * ASSOCIATIONS.length);
    }
    expect(warnings).toEqual([]);
  });

  test('are strict unless the lab is permissive', async () => {
    writeLabFiles(place, STATE);
    expect((await readNodeFile(place.configuration('ha'))).homeAgent?.deregistration).toBe(
      'strict',
    );
    expect((await readNodeFile(place.configuration('mn'))).mobileNode?.homeLink).toBe('never');
    writeLabFiles(place, { ...STATE, isPermissive: true, homeLink: 'prefix' });
    expect((await readNodeFile(place.configuration('ha'))).homeAgent?.deregistration).toBe('rfc');
    expect((await readNodeFile(place.configuration('mn'))).mobileNode?.homeLink).toBe('prefix');
  });

  test('have keys of their own in each lab, which only their owner may read', () => {
    writeLabFiles(place, STATE);
    const first = readFileSync(place.keys, 'utf8');
    expect(statSync(place.keys).mode & 0o777).toBe(0o600);
    writeLabFiles(place, STATE);
    expect(readFileSync(place.keys, 'utf8')).not.toBe(first);
  });

  test('tell the analyzer which payload has to be protected', async () => {
    writeLabFiles(place, { ...STATE, routeOptimisation: false });
    expect(await readSiteFile(place.site, [])).toMatchObject({ ipsec: { payload: 'required' } });
    writeLabFiles(place, STATE);
    expect(await readSiteFile(place.site, [])).toMatchObject({ ipsec: { payload: 'optional' } });
  });
});

describe('names of a lab', () => {
  test('are of its directory alone, and short enough for interfaces and namespaces', () => {
    expect(namespacePrefix(DEFAULT_DIRECTORY)).toBe('mip6lab');
    const one = namespacePrefix('labs/one');
    expect(one).toMatch(/^mip6lab-[0-9a-f]{8}$/);
    expect(namespacePrefix('labs/two')).not.toBe(one);
    expect(namespacePrefix('labs/../labs/one/')).toBe(one);
  });
});
