import { describe, expect, it } from 'vitest';
import { fieldsOptions } from '../../../cli/read/fields-options.ts';
import { DEFAULT_FIELDS_OPTIONS } from '../../../io/export/fields.ts';

describe('-E', () => {
  it('changes nothing when it is not given', () => {
    expect(fieldsOptions([])).toEqual(DEFAULT_FIELDS_OPTIONS);
  });

  it('takes the keys and values of tshark, the last one of a key', () => {
    const texts = ['header=y', 'separator=/s', 'separator=/t', 'aggregator=/s', 'quote=s'];
    texts.push('occurrence=l', 'bom=y', 'escape=n', 'quote=d');
    expect(fieldsOptions(texts)).toEqual({
      header: true,
      separator: '\t',
      aggregator: ' ',
      quote: '"',
      occurrence: 'last',
      bom: true,
      escape: false,
    });
    expect(fieldsOptions(['separator==', 'aggregator=\u00b7'])).toMatchObject({
      separator: '=',
      aggregator: '\u00b7',
    });
  });

  it.each([
    ['haeder=y', /no key 'haeder'; is header= meant\?\n {2}header=/],
    ['toString=y', /no key 'toString'/],
    ['header', /header takes y or n/],
    ['header=yes', /header takes y or n/],
    ['separator=', /separator takes \/t, \/s or a character/],
    ['separator=ab', /separator takes/],
    ['separator=\n', /separator takes/],
    ['quote=x', /quote takes d, s or n/],
    ['occurrence=first', /occurrence takes f, l or a/],
  ])('refuses %s and says what it takes', (text, message) => {
    expect(() => fieldsOptions([text])).toThrow(message);
  });
});
