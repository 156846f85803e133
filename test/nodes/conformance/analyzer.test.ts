import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { FIXTURES, auditFiles } from '../../fixtures/expectations.ts';

/** Rules that alert on a capture of a relay, or of a node that moves. */
async function alerts(capture: string): Promise<readonly string[]> {
  const folder = path.join(FIXTURES, 'rules/mip6-1106');
  const site = path.join(folder, '../site.yaml');
  const { alerts: found } = await auditFiles([path.join(folder, capture)], site);
  return found.map(({ rule }) => rule.id);
}

/** Relays: as seen twice, of the acknowledgement, outside the strict layout. */
const RELAY = /^MIP6-110[678]$/;

describe('the analyzer beside the nodes', () => {
  test('DRG-MN-07 one ESP packet plain and behind an added option is a relay', async () => {
    expect(await alerts('alert.pcapng')).toContain('MIP6-1106');
    expect(await alerts('quiet.pcapng')).toEqual([]);
  });

  test('DRG-MN-08 an acknowledgement routed to an address that was never registered is a relay', async () => {
    expect((await alerts('alert-one-side.pcapng')).some((id) => RELAY.test(id))).toBe(true);
    expect((await alerts('quiet.pcapng')).some((id) => RELAY.test(id))).toBe(false);
  });
});
