/**
 * The command line of `tui`, checked.
 */
import type { LiveOptions } from '../../io/capture/live-source.ts';
import { CliError, EXIT } from '../exit-codes.ts';
import { filterOption } from '../read/filter.ts';
import type { ColourChoice } from '../report/palette.ts';
import { safeText } from '../report/safe-text.ts';
import type { TuiOptions } from './tui-run.ts';

/** Options as they come from the command line. */
export interface TuiValues {
  readonly readFile: readonly string[];
  readonly interface: readonly string[];
  readonly captureFilter?: string;
  /** False with `-p`. */
  readonly promiscuous: boolean;
  readonly snapLength?: number;
  readonly user?: string;
  readonly filter?: string;
  readonly config?: string;
  readonly keys: readonly string[];
  readonly rules: readonly string[];
  readonly color: ColourChoice;
  /** False with `--no-history`. */
  readonly history?: boolean;
}

function usage(message: string, hint: string): CliError {
  return new CliError(EXIT.usage, message, { hint });
}

/** What belongs to a live capture, when there is one. @throws CliError (2) */
function captureOptions(values: TuiValues): LiveOptions | undefined {
  const { interface: interfaces, captureFilter, promiscuous, snapLength, user } = values;
  if (interfaces.length > 0) {
    return {
      interfaces: [...new Set(interfaces)],
      filter: captureFilter,
      isPromiscuous: promiscuous,
      ...(snapLength === undefined ? {} : { snapLength }),
    };
  }
  const given = [
    captureFilter === undefined ? undefined : '-f',
    promiscuous ? undefined : '-p',
    snapLength === undefined ? undefined : '-s',
    user === undefined ? undefined : '--user',
  ].find((option) => option !== undefined);
  if (given !== undefined) {
    throw usage(
      `${given} is about a live capture`,
      `Name an interface with -i${given === '-f' ? ', or select packets with -Y' : ''}.`,
    );
  }
  return undefined;
}

/**
 * What `tui` shows.
 * @throws CliError (2) for what cannot be meant, before anything is opened
 */
export function tuiOptions(captures: readonly string[], values: TuiValues): TuiOptions {
  const { readFile, filter = '', config, keys, rules, user, color, history = true } = values;
  const inputs = [...readFile, ...captures];
  const capture = captureOptions(values);
  if (capture === undefined && inputs.length === 0) {
    throw usage('there is nothing to show', 'Give a capture or an interface: mip6guard tui FILE');
  }
  if (capture !== undefined && inputs.length > 0) {
    throw usage(
      `a capture (${inputs.join(', ')}) and interfaces (-i) at once`,
      'Leave one out; two runs can look at both.',
    );
  }
  if (filter !== '') filterOption('-Y', filter);
  const names = capture?.interfaces ?? inputs;
  return {
    name: safeText(names.map((name) => (name === '-' ? 'standard input' : name)).join(', ')),
    isInputCapture: inputs.includes('-'),
    instead: `mip6guard ${capture === undefined ? 'read' : 'live -i'} ${names[0] ?? 'FILE'}`,
    colour: color,
    keepsFilters: history,
    open: async (terminal) => {
      const { openModel } = await import('../model/open-model.ts');
      return openModel({ inputs, capture, user, config, keys, rules, filter }, terminal);
    },
  };
}
