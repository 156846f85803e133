import { describe, expect, it } from 'vitest';
import { plainNeedOf } from '../../../cli/model/shown-list.ts';
import { compileFilter } from '../../../engine/filter/filter.ts';
import { IS_ENDURANCE } from '../../endurance.ts';
import { run } from '../read/run.ts';
import { bundled, openSettled, settled } from './models.ts';

const FILTERS = [
  'mip6',
  'mip6.mhtype == 5 && mip6.bu.lifetime == 0',
  'icmpv6.type in {133..137}',
  'esp',
  'not esp',
  'tcp or udp',
  'tcp.port == 80 and not esp',
  'ipv6.addr == 2001:db8:0:2::/64',
  'frame.number >= 20 and frame.number < 60',
  'frame.len > 100 xor mip6',
  'frame contains 20:0d:93:ff',
  'frame.protocols contains "esp"',
  'udp[0:2] == 0f:a0',
  'frame.protocols matches "^eth.*(udp|mip)"',
  '_ws.expert.severity >= warn',
  'mip6guard',
  'mip6guard.alert',
  'not mip6guard.alert',
  'mip6guard.severity == critical and mip6',
  'mip6guard.severity >= high or tcp',
  'mip6guard.binding.state == "registered"',
  'mip6guard.binding.hoa and icmpv6',
  'mip6guard.binding.coa == 2001:db8:0:3::/64 and udp',
  'mip6guard.incident == 1 and frame.len > 120',
  'ipv6.fraghdr or mip6guard.diagnostic',
];

const CAPTURES = [
  'relay-attack.pcapng',
  'normal-life.pcapng',
  'samples/fragments.pcapng',
  'samples/broken-corrupted.pcapng',
];

/** On each capture every other filter, in turns; all with `npm run endurance`. */
const CASES = CAPTURES.map((name, turn) => ({
  name,
  filters: FILTERS.filter((_, i) => IS_ENDURANCE || i % 2 === turn % 2),
}));

describe.each(CASES)('filters on $name', ({ name, filters }) => {
  it('show the packets that `read -Y` shows', async () => {
    const { inputs = [], keys = [], config } = bundled(name);
    const model = await openSettled({ inputs, keys, config });
    for (const filter of filters) {
      const named = [...(config === undefined ? [] : ['--config', config])];
      const asked = ['-Y', filter, '-T', 'fields', '-e', 'frame.number'];
      const keyed = keys.flatMap((key) => ['--keys', key]);
      const read = await run('read', ...asked, ...named, ...keyed, ...inputs);
      expect([filter, read.code === 0 || name.includes('broken')]).toEqual([filter, true]);
      const expected = read.stdout.split('\n').filter((line) => line !== '');
      expect(await model.setFilter(filter)).toMatchObject({ ok: true });
      await settled(model);
      const rows = await model.rows(0, 1000);
      expect([filter, rows.map(({ number }) => `${number}`)]).toEqual([filter, expected]);
      expect(model.status.shown).toBe(expected.length);
    }
  });
});

describe('what a filter wants of packets that hold no signalling', () => {
  it.each([
    ['mip6.mhtype == 5', 'never'],
    ['mip6 or icmpv6', 'never'],
    ['ipv6.addr == 2001:db8::1 and mip6', 'never'],
    ['mip6guard.severity >= high', 'findings'],
    ['mip6 or mip6guard.alert', 'findings'],
    ['mip6guard.alert and tcp', 'findings'],
    ['tcp', 'values'],
    ['mip6 or tcp', 'values'],
    ['not mip6', 'values'],
    ['mip6 xor mip6guard.alert', 'values'],
    ['mip6guard.diagnostic', 'values'],
  ])('%s: %s', (text, need) => {
    expect(plainNeedOf(compileFilter(text))).toBe(need);
  });
});
