/**
 * Lists the fields of filters.
 */
import type { FieldInfo } from '../dissectors/catalogue.ts';
import { filterFields, namesLike } from '../engine/filter/fields.ts';
import { CliError, EXIT } from './exit-codes.ts';
import type { ExitCode } from './exit-codes.ts';
import { safeText } from './report/safe-text.ts';
import type { Terminal } from './terminal.ts';

function specText({ spec }: FieldInfo): string {
  return spec === undefined ? '' : `RFC ${spec.rfc} ${spec.section}`;
}

/** Lines of cells: in columns on a terminal, separated by tabs elsewhere. */
function tableText(rows: readonly (readonly string[])[], terminal: Terminal): string {
  const isAligned = terminal.isOutputTerminal;
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, i) =>
    Math.max(0, ...rows.map((row) => row[i]?.length ?? 0)),
  );
  let text = '';
  for (const row of rows) {
    const cells = isAligned ? row.map((cell, i) => cell.padEnd(widths[i] ?? 0)) : row;
    text += `${isAligned ? cells.join('  ').trimEnd() : cells.join('\t')}\n`;
  }
  return text;
}

/** The end of a message about a name that nothing has. */
function hint(name: string): { hint: string } {
  const near = namesLike(name);
  return {
    hint:
      near.length === 0
        ? 'Without a name, mip6guard fields lists all of them.'
        : `Did you mean ${near.join(' or ')}?`,
  };
}

/**
 * Lists the fields whose names begin with a text.
 * @throws CliError (2) when there is none
 */
export function listFields(prefix: string, isJson: boolean, terminal: Terminal): ExitCode {
  const fields = [...filterFields().values()]
    .filter(({ name }) => name.startsWith(prefix))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  if (fields.length === 0) {
    throw new CliError(EXIT.usage, `no field begins with '${safeText(prefix)}'`, hint(prefix));
  }
  if (isJson) terminal.output.write(`${JSON.stringify(fields, undefined, 2)}\n`);
  else {
    const rows = fields.map((field) => {
      const { name, type, unit = '', label } = field;
      return [name, type, unit, label, specText(field)];
    });
    terminal.output.write(tableText(rows, terminal));
  }
  return EXIT.clean;
}

/**
 * Lists the names of the values of a field.
 * @throws CliError (2) when there is no such field, or its values have no names
 */
export function listValues(name: string, isJson: boolean, terminal: Terminal): ExitCode {
  const field = filterFields().get(name);
  if (field === undefined) {
    throw new CliError(EXIT.usage, `there is no field ${safeText(name)}`, hint(name));
  }
  const { values = [], type } = field;
  if (values.length === 0) {
    throw new CliError(EXIT.usage, `the values of ${name} (${type}) have no names`);
  }
  const sorted = [...values].sort((a, b) => a.value - b.value);
  if (isJson) terminal.output.write(`${JSON.stringify(sorted, undefined, 2)}\n`);
  else {
    const rows = sorted.map(({ value, name: valueName, spec }) => {
      return [`${value}`, valueName, spec === undefined ? '' : `RFC ${spec.rfc} ${spec.section}`];
    });
    terminal.output.write(tableText(rows, terminal));
  }
  return EXIT.clean;
}
