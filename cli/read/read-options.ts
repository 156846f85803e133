/**
 * The command line of `read`, checked: what goes together and what the names mean.
 */
import { fieldNamed, hintFor } from '../../engine/filter/fields.ts';
import { isStateField } from '../../engine/filter/state-fields.ts';
import { CliError, EXIT } from '../exit-codes.ts';
import type { ReadOptions } from '../read-run.ts';
import type { ColourChoice } from '../report/palette.ts';
import { fieldsOptions } from './fields-options.ts';
import { filterOption } from './filter.ts';
import { READ_FORMATS } from './printers.ts';
import type { ReadFormat } from './printers.ts';
import { EXPORT_ONLY_FIELDS, RENAMED } from './shape-tables.ts';

/** Options as they come from the command line. */
export interface ReadValues {
  readonly readFile?: string;
  readonly filter?: string;
  readonly count?: number;
  readonly tree?: boolean;
  readonly only?: string;
  readonly hex?: boolean;
  readonly select: readonly string[];
  readonly T?: string;
  readonly e: readonly string[];
  readonly E: readonly string[];
  readonly duplicateKeys: boolean;
  readonly write?: string;
  readonly print?: boolean;
  readonly decrypted?: boolean;
  /** `--findings` or `--no-findings`; undefined = where they are asked for. */
  readonly findings?: boolean;
  readonly keys: readonly string[];
  readonly config?: string;
  readonly lineBuffered?: boolean;
  readonly color: ColourChoice;
}

const FORMATS_HINT = `-T takes ${READ_FORMATS.join(', ')}`;

/** Formats of tshark that `read` does not have. */
const OTHER_FORMATS: Readonly<Record<string, string>> = {
  pdml: '-T json has the same tree',
  psml: 'a line a packet is what read shows by itself',
  ps: 'to print: mip6guard read -V FILE',
  tabs: 'with tabs between columns: -T fields -e frame.number -e ipv6.src -e ipv6.dst',
};

function usage(message: string, hint: string): CliError {
  return new CliError(EXIT.usage, message, { hint });
}

/**
 * The one input, from the argument or `-r`.
 * @throws CliError (2)
 */
export function inputOf(file: string | undefined, { readFile }: ReadValues): string {
  if (file !== undefined && readFile !== undefined) {
    throw usage(
      `two inputs: ${readFile} (-r) and ${file}`,
      'read shows one; a display filter needs -Y in front, several captures are merged by audit.',
    );
  }
  const input = file ?? readFile;
  if (input === undefined) {
    throw usage('there is nothing to read', 'Give a capture: mip6guard read capture.pcapng');
  }
  return input;
}

function formatOf({ T: format = 'text' }: ReadValues): ReadFormat {
  const known = READ_FORMATS.find((name) => name === format);
  if (known !== undefined) return known;
  const instead = Object.hasOwn(OTHER_FORMATS, format) ? OTHER_FORMATS[format] : undefined;
  throw usage(
    `there is no format '${format}'`,
    instead === undefined ? FORMATS_HINT : `${FORMATS_HINT}; ${instead}`,
  );
}

/** Fields of packets that a name stands for. @throws CliError (2) when there is none */
function fieldsOf(option: string, name: string): readonly string[] {
  if (EXPORT_ONLY_FIELDS.has(name)) return [name];
  const named = fieldNamed(name);
  if (named === undefined) throw usage(`${option} ${name}: there is no such field`, hintFor(name));
  return named.fields;
}

/**
 * Options of a reading.
 * @throws CliError (2) for what cannot be meant
 */
export function readOptions(values: ReadValues): ReadOptions {
  const format = formatOf(values);
  const { e, E, select, hex = false, write, tree = false, only } = values;
  checkTogether(values, format);
  const isText = format === 'text';
  const stood = [
    ...e.flatMap((name) => fieldsOf('-e', name)),
    ...select.flatMap((name) => fieldsOf('--select', name)),
  ];
  const filter = values.filter === undefined ? undefined : filterOption('-Y', values.filter);
  const findings =
    values.findings === true ||
    values.config !== undefined ||
    (write !== undefined && values.findings !== false) ||
    filter?.usesState === true ||
    stood.some(isStateField);
  return {
    keys: values.keys,
    config: values.config,
    filter,
    count: values.count,
    findings,
    flushEach: values.lineBuffered === true,
    colour: values.color,
    show: {
      format,
      tree: tree || only !== undefined,
      hex,
      only: only === undefined ? undefined : layerNames(only),
      fields: isText ? stood : e.map((name) => RENAMED[name] ?? name),
      fieldsOptions: fieldsOptions(E),
      uniqueKeys: !values.duplicateKeys,
    },
    write:
      write === undefined
        ? undefined
        : { file: write, derived: values.decrypted === true, print: values.print === true },
  };
}

/** Layers of `-O`, under the names of our tree. @throws CliError (2) for one that no field has */
function layerNames(text: string): ReadonlySet<string> {
  const names = text.split(',').filter((name) => name !== '');
  return new Set(names.flatMap((name) => fieldsOf('-O', name)));
}

/** @throws CliError (2) for options that do not go together */
function checkTogether(values: ReadValues, format: ReadFormat): void {
  const { e, E, select, hex = false, write, print = false, tree = false, only } = values;
  if (format === 'fields' && e.length === 0) {
    throw usage(
      '-T fields needs the fields',
      'Example: mip6guard read -T fields -e frame.number -e ipv6.src -e mip6.bu.seqnr FILE',
    );
  }
  if (format === 'text' && e.length > 0 && !hex) {
    throw usage(
      '-e alone shows nothing',
      'Add -T fields, json or ek; or -x, to mark their octets.',
    );
  }
  if (select.length > 0 && (format !== 'text' || !hex)) {
    throw usage('--select marks octets in the text of -x', 'Add -x, and leave -T out.');
  }
  if (E.length > 0 && format !== 'fields') {
    throw usage('-E is about -T fields', 'Add -T fields -e FIELD, or leave -E out.');
  }
  if ((tree || only !== undefined) && format === 'fields') {
    throw usage('-T fields shows selected fields, -V all', 'Leave one of them out.');
  }
  if (values.findings === false && values.config !== undefined) {
    throw usage('--config is about what is found, --no-findings leaves it out', 'Leave one out.');
  }
  if (write === undefined && values.decrypted === true) {
    throw usage('--decrypted is about -w', 'Add -w out.pcapng.');
  }
  if (write === '-' && print) {
    throw usage('-w - and -P both write to standard output', 'Name a file with -w.');
  }
  const isShown = format !== 'text' || tree || hex || only !== undefined;
  if (write !== undefined && !print && isShown) {
    throw usage('with -w packets are written, not shown', 'Add -P to show them as well.');
  }
}
