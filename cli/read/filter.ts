/**
 * Display filters on the command line.
 */
import { compileFilter } from '../../engine/filter/filter.ts';
import type { CompiledFilter } from '../../engine/filter/filter.ts';
import { FilterError, formatFilterError } from '../../engine/filter/error.ts';
import { CliError, EXIT } from '../exit-codes.ts';

/**
 * The filter of an option.
 * @throws CliError (2) that shows the filter with a mark under what is wrong
 */
export function filterOption(option: string, text: string): CompiledFilter {
  try {
    return compileFilter(text);
  } catch (error) {
    if (!(error instanceof FilterError)) throw error;
    throw new CliError(EXIT.usage, `${option}: ${formatFilterError(error)}`, { cause: error });
  }
}
