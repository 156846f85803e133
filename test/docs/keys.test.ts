import { describe, expect, it } from 'vitest';
import { readYamlAssociations } from '../../cli/yaml-associations.ts';
import { KEY_FORMATS, detectKeyFormat } from '../../engine/keys/key-formats.ts';
import { databaseEntries } from '../../engine/keys/key-policies.ts';
import { readKeyText } from '../../engine/keys/key-text.ts';
import { WRITABLE_FORMATS } from '../../engine/keys/writable-formats.ts';
import { blocksOf, pageText } from './pages.ts';

const PAGE = 'docs/keys.md';

describe('the page about key files', () => {
  it('names every format, and those that can be written', () => {
    const text = pageText(PAGE);
    const missing = KEY_FORMATS.filter(({ name }) => !text.includes(`| \`${name}\` |`));
    expect(missing).toEqual([]);
    const [, written = ''] = /Formats to write are ([^.]*)\./.exec(text) ?? [];
    expect([...written.matchAll(/`([a-z_-]+)`/g)].map((match) => match[1])).toEqual([
      ...WRITABLE_FORMATS,
    ]);
  });

  it('shows a YAML file that is accepted', () => {
    const block = blocksOf(PAGE).find(({ lines }) => lines[0] === 'associations:');
    const { entries, problems } = readYamlAssociations(block?.lines.join('\n') ?? '', 'keys.yaml');
    expect(problems).toEqual([]);
    expect(entries.map(({ association }) => association.spi)).toEqual([0x100, 257]);
  });
});

describe('the policies on the page', () => {
  it('are read without a problem, and say what the page says', () => {
    const block = blocksOf(PAGE).find(
      ({ lines }) => lines[0]?.startsWith('home_agent_1 =') === true,
    );
    const content = readKeyText(block?.lines.join('\n') ?? '', 'page.spd');
    expect(content.problems).toEqual([]);
    expect(databaseEntries(content).map(({ verdict }) => verdict)).toMatchObject([
      { kind: 'protect', mode: 'transport' },
      { kind: 'protect', mode: 'tunnel' },
    ]);
  });
});

describe('every format', () => {
  it.each(KEY_FORMATS)('$name is recognised by its example', ({ name, example }) => {
    expect(detectKeyFormat(example)?.name).toBe(name);
  });
});
