import { describe, expect, it } from 'vitest';
import { CliError } from '../../cli/exit-codes.ts';
import { listFields, listValues } from '../../cli/fields-run.ts';
import { runProgram } from '../../cli/program.ts';
import type { Terminal } from '../../cli/terminal.ts';
import { compileFilter } from '../../engine/filter/filter.ts';
import { filterFields } from '../../engine/filter/fields.ts';

interface Said {
  readonly terminal: Terminal;
  readonly text: () => string;
  readonly errors: () => string;
}

function said(isOutputTerminal = false): Said {
  let text = '';
  let errors = '';
  const output = {
    name: 'test',
    isClosed: false,
    write: (more: string) => {
      text += more;
    },
    flush: () => undefined,
  };
  const say = (more: string): void => {
    errors += `${more}\n`;
  };
  const terminal: Terminal = {
    output,
    isOutputTerminal,
    isErrorTerminal: false,
    columns: isOutputTerminal ? 80 : undefined,
    environment: {},
    say,
    sayRaw: say,
  };
  return { terminal, text: () => text, errors: () => errors };
}

describe('the list of fields', () => {
  it('has every field on a line, with tabs where it is no terminal', () => {
    const { terminal, text } = said();
    expect(listFields('', false, terminal)).toBe(0);
    const lines = text().slice(0, -1).split('\n');
    expect(lines).toHaveLength(filterFields().size);
    for (const line of lines) expect(line.split('\t')).toHaveLength(5);
    expect(text()).toContain('mip6.bu.lifetime\tnumber\t4 s\tLifetime\tRFC 6275 6.1.7\n');
    expect(text()).toContain('mip6guard.binding.coa\taddress\t');
    expect(text()).toContain('ipv6.addr\taddress\t');
  });

  it('is aligned on a terminal', () => {
    const { terminal, text } = said(true);
    listFields('mip6.bu.', false, terminal);
    const lines = text().trimEnd().split('\n');
    expect(text()).not.toContain('\t');
    expect(new Set(lines.map((line) => line.search(/ (number|boolean) /))).size).toBe(1);
  });

  it('can be cut to a prefix, and be JSON', () => {
    const { terminal, text } = said();
    listFields('mip6.mhtype', true, terminal);
    expect(JSON.parse(text())).toEqual([
      expect.objectContaining({
        name: 'mip6.mhtype',
        type: 'number',
        spec: { rfc: 6275, section: '6.1.1' },
        values: expect.arrayContaining([
          expect.objectContaining({ value: 5, name: 'Binding Update' }),
        ]) as unknown,
      }),
    ]);
  });

  it('has the names of values', () => {
    const { terminal, text } = said();
    expect(listValues('mip6.mhtype', false, terminal)).toBe(0);
    expect(text()).toContain('5\tBinding Update\tRFC 6275 6.1.7\n');
  });

  it('names nothing that a filter cannot ask for', () => {
    for (const name of filterFields().keys()) expect(() => compileFilter(name)).not.toThrow();
  });

  it.each([
    [() => listFields('mip6.bux', false, said().terminal), 'mip6.bu'],
    [() => listValues('mip6.mhtyp', false, said().terminal), 'mip6.mhtype'],
    [() => listValues('mip6.bu.seqnr', false, said().terminal), 'have no names'],
    [() => listFields('\x1b[31m', false, said().terminal), '\\x1b'],
  ])('refuses what is not there, with the nearest names: %#', (run, told) => {
    expect(run).toThrow(CliError);
    expect(run).toThrow(told);
  });
});

describe('mip6guard fields', () => {
  it('lists fields and ends with 0', async () => {
    const { terminal, text } = said();
    expect(await runProgram(['fields', 'mip6.ba.status'], terminal)).toBe(0);
    expect(text()).toContain('mip6.ba.status\tnumber\t');
  });

  it('ends with 2 and nearest names for a prefix that no field has', async () => {
    const { terminal, errors } = said();
    expect(await runProgram(['fields', 'mip6.bu.lifetme'], terminal)).toBe(2);
    expect(errors()).toContain('Did you mean mip6.bu.lifetime');
  });

  it('has a help topic about filters, each of its examples a filter', async () => {
    const { terminal, text } = said();
    expect(await runProgram(['help', 'filters'], terminal)).toBe(0);
    const examples = text()
      .split('\n')
      .filter((line) => line.startsWith('  '))
      .map((line) => line.slice(2, 41).trim());
    expect(examples.length).toBeGreaterThan(8);
    for (const example of examples) expect(() => compileFilter(example)).not.toThrow();
  });
});
