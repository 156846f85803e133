/**
 * `-E key=value`, with tshark's keys.
 */
import { DEFAULT_FIELDS_OPTIONS } from '../../io/export/fields.ts';
import type { FieldsOptions } from '../../io/export/fields.ts';
import { CliError, EXIT } from '../exit-codes.ts';
import { nearest } from '../suggestion.ts';

/** Every key with the values it takes, for the message. */
const KEYS: Readonly<Record<string, string>> = {
  header: 'y or n: names of the fields in the first line (n)',
  separator: '/t, /s or a character: between fields (/t)',
  aggregator: 'a character or /s: between values of one field (,)',
  occurrence: 'f, l or a: first, last or all values of a field (a)',
  quote: 'd, s or n: double, single or no quotes (n)',
  bom: 'y or n: byte order mark first (n)',
  escape: 'y or n: separators inside text as \\xhh (y)',
};

type Change = Partial<FieldsOptions>;

const YES_OR_NO: Readonly<Record<string, boolean>> = { y: true, n: false };
const QUOTES: Readonly<Record<string, string>> = { d: '"', s: "'", n: '' };
const OCCURRENCES: Readonly<Record<string, FieldsOptions['occurrence']>> = {
  f: 'first',
  l: 'last',
  a: 'all',
};
const NAMED_CHARACTERS: Readonly<Record<string, string>> = { '/t': '\t', '/s': ' ' };

/** A character that stands between values; line breaks would end a record. */
function character(value: string): string | undefined {
  const named = NAMED_CHARACTERS[value];
  if (named !== undefined) return named;
  return /^[^\p{Cc}\p{Cs}]$/u.test(value) ? value : undefined;
}

/** What `key=value` changes; undefined when the key does not take the value. */
function changeOf(key: string, value: string): Change | undefined {
  switch (key) {
    case 'header':
    case 'bom':
    case 'escape': {
      const yes = YES_OR_NO[value];
      return yes === undefined ? undefined : { [key]: yes };
    }
    case 'separator':
    case 'aggregator': {
      const found = character(value);
      return found === undefined ? undefined : { [key]: found };
    }
    case 'quote': {
      const quote = QUOTES[value];
      return quote === undefined ? undefined : { quote };
    }
    case 'occurrence': {
      const occurrence = OCCURRENCES[value];
      return occurrence === undefined ? undefined : { occurrence };
    }
    default:
      return undefined;
  }
}

/**
 * Options of `-T fields` from the values of `-E`, later ones last.
 * @throws CliError (2) for an unknown key or a value the key does not take
 */
export function fieldsOptions(texts: readonly string[]): FieldsOptions {
  let options = DEFAULT_FIELDS_OPTIONS;
  for (const text of texts) {
    const [key = ''] = text.split('=', 1);
    const value = text.slice(key.length + 1);
    const takes = Object.hasOwn(KEYS, key) ? KEYS[key] : undefined;
    if (takes === undefined) throw unknownKey(text, key);
    const change = changeOf(key, value);
    if (change === undefined) {
      throw new CliError(EXIT.usage, `-E ${text}: ${key} takes ${takes}`, {
        hint: 'Example: -E header=y -E separator=, -E quote=d',
      });
    }
    options = { ...options, ...change };
  }
  return options;
}

function unknownKey(text: string, key: string): CliError {
  const meant = nearest(key, Object.keys(KEYS));
  const rows = Object.entries(KEYS).map(([name, takes]) => `  ${name}=  ${takes}`);
  const question = meant === undefined ? '' : `; is ${meant}= meant?`;
  return new CliError(
    EXIT.usage,
    `-E ${text}: there is no key '${key}'${question}\n${rows.join('\n')}`,
  );
}
