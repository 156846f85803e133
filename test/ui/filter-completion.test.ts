import { describe, expect, it } from 'vitest';
import { filterProblem } from '../../engine/filter/index.ts';
import { checkFilter, completeFilter } from '../../ui/filter-completion.ts';
import { FakeModel } from './fake-model.ts';

const model = new FakeModel();

/** Texts that may stand at `|`. */
async function at(text: string): Promise<readonly string[]> {
  const cursor = text.indexOf('|');
  const found = await completeFilter(model, text.replace('|', ''), cursor);
  return found.map((item) => item.text);
}

/** The filter with the first completion put in. */
async function completed(text: string): Promise<string> {
  const cursor = text.indexOf('|');
  const plain = text.replace('|', '');
  const [first] = await completeFilter(model, plain, cursor);
  if (first === undefined) throw new Error('nothing is offered');
  return plain.slice(0, first.from) + first.text + plain.slice(first.to);
}

describe('completion of filters', () => {
  it('offers fields, those of mobility and those that start so first', async () => {
    expect(await at('mip6.bu.l|')).toContain('mip6.bu.lifetime');
    expect((await at('mip6.bu.li|'))[0]).toBe('mip6.bu.lifetime');
    expect((await at('lifetime|'))[0]).toMatch(/^mip6\./);
    expect(await at('mip6 and ipv6.sr|')).toContain('ipv6.src');
    expect(await at('(ipv6.ds|')).toContain('ipv6.dst');
  });

  it('finds a field by what it is called', async () => {
    expect(await at('care-of|')).toContain('mip6guard.binding.coa');
    expect((await at('lifeti|')).length).toBeGreaterThan(3);
  });

  it('replaces the whole word around the cursor', async () => {
    expect(await completed('mip6.bu.li|fe == 3')).toBe('mip6.bu.lifetime == 3');
  });

  it('offers names of values and values that packets had', async () => {
    expect(await at('mip6.mhtype == |')).toContain('"Binding Update"');
    expect(await at('mip6.mhtype == "Binding U|')).toContain('"Binding Update"');
    expect(await at('ipv6.src == 2001:db8:2|')).toEqual(['2001:db8:2::5']);
    expect(await at('mip6.mhtype in {1, |')).toContain('"Binding Update"');
  });

  it('writes values so that the filter holds and can be shown', async () => {
    const found = await at('mip6.mnid.identifier == |');
    expect(found[0]).toBe('"mobile node"');
    for (const value of found) {
      expect(filterProblem(`mip6.mnid.identifier == ${value}`)).toBeUndefined();
      expect(value).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    }
  });

  it('offers operators behind a field', async () => {
    expect(await at('mip6.bu.lifetime |')).toContain('== ');
    expect(await at('mip6.bu.lifetime c|')).toEqual(['contains ']);
    expect(await at('mip6.bu.lifetime a|')).toEqual(['and ']);
  });

  it('offers nothing where a value of no field stands', async () => {
    expect(await at('nofield == |')).toEqual([]);
    expect(await at('mip6.bu.lifetime == 3|"')).toEqual([]);
  });

  it('takes no longer for long text than for short', async () => {
    const long = `${'(mip6 and '.repeat(400)}mip6.bu.li|`;
    const start = performance.now();
    expect((await at(long))[0]).toBe('mip6.bu.lifetime');
    expect(performance.now() - start).toBeLessThan(10_000);
  });

  it('says where a filter is wrong', () => {
    expect(checkFilter(model, '')).toEqual({ ok: true });
    expect(checkFilter(model, 'mip6 and')).toMatchObject({ ok: false, offset: 8 });
    expect(checkFilter(model, 'mip6.bu.lifetime == x')).toMatchObject({ ok: false, length: 1 });
  });
});
