/**
 * Opens what a model is of, in this process.
 */
import { statSync } from 'node:fs';
import type { LiveOptions, LiveSource } from '../../io/capture/live-source.ts';
import { openCaptures } from '../../io/capture/file.ts';
import { CliError, EXIT } from '../exit-codes.ts';
import { filterOption } from '../read/filter.ts';
import { openInputs, prepareWithoutCaptures } from '../session.ts';
import type { SessionOptions } from '../session.ts';
import type { Terminal } from '../terminal.ts';
import { LocalModel } from './local-model.ts';
import type { LiveBounds } from './model-run.ts';

/** What to look at, and with what. Plain values: they go from process to process. */
export interface ModelOptions {
  /** Captures; empty for live capture. */
  readonly inputs?: readonly string[] | undefined;
  /** Live capture; undefined for files. */
  readonly capture?: LiveOptions | undefined;
  /** Whom to become once the interfaces are open. */
  readonly user?: string | undefined;
  /** Site file. */
  readonly config?: string | undefined;
  readonly keys?: readonly string[] | undefined;
  /** Folders and files of rules of the operator. */
  readonly rules?: readonly string[] | undefined;
  readonly recursive?: boolean | undefined;
  /** Display filter from the start. */
  readonly filter?: string | undefined;
  /** Goes on reading a file that grows. One file only. */
  readonly isFollowing?: boolean | undefined;
  /** What a live capture keeps; default 1 GiB and a million packets. */
  readonly bounds?: LiveBounds | undefined;
}

/**
 * Opens a model in this process and begins to read. What is wrong with site, keys, rules, filter and inputs is told as
 * other commands tell it.
 * @param now milliseconds since 1970
 * @throws CliError
 */
export async function openLocalModel(
  options: ModelOptions,
  terminal: Terminal,
  now: () => number = Date.now,
): Promise<LocalModel> {
  const { inputs = [], keys = [], rules = [], recursive = false, config, filter = '' } = options;
  filterOption('--filter', filter);
  const said: string[] = [];
  const listening: Terminal = {
    ...terminal,
    say(text) {
      said.push(text);
      terminal.say(text);
    },
  };
  const named: SessionOptions = { inputs, config, keys, rules, recursive, workers: 1 };
  const session = await prepareWithoutCaptures(named, listening);
  const { capture, user, bounds } = options;
  let model: LocalModel;
  if (capture === undefined) {
    const { source } =
      options.isFollowing === true
        ? await openFollowed(inputs, listening, () => {
            model.reachedEnd();
          })
        : await openInputs(inputs, recursive, listening, true);
    model = new LocalModel({ session, source, filter, said, terminal, now });
  } else {
    const live = await openInterfaces(capture, user);
    model = new LocalModel({ session, source: live, live, bounds, filter, said, terminal, now });
  }
  void model.start();
  return model;
}

/** A file that grows. Throws CliError for what is no file. */
async function openFollowed(
  inputs: readonly string[],
  terminal: Terminal,
  onEnd: () => void,
): ReturnType<typeof openInputs> {
  const [file, ...others] = inputs;
  const isFile =
    file !== undefined && statSync(file, { throwIfNoEntry: false })?.isDirectory() === false;
  if (!isFile || others.length > 0) {
    // What cannot be read at all is told as ever.
    await openInputs(inputs, false, terminal);
    throw new CliError(EXIT.usage, 'one file can be followed at a time', {
      hint: 'Name one capture file, or leave the following out.',
    });
  }
  // Complaints first: they are the same as without following.
  await openInputs(inputs, false, terminal);
  return openCaptures(inputs, { onEnd });
}

/** Opens interfaces and gives privileges up. Throws CliError. */
async function openInterfaces(capture: LiveOptions, user: string | undefined): Promise<LiveSource> {
  const [{ dropPrivileges, openLive }, { liveFailure }] = await Promise.all([
    import('../../io/capture/live/index.ts'),
    import('../live/live-failure.ts'),
  ]);
  let source: LiveSource | undefined;
  try {
    source = await openLive(capture);
    if (user !== undefined) dropPrivileges(user);
    return source;
  } catch (error) {
    source?.close();
    throw liveFailure(error);
  }
}
