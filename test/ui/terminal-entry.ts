/**
 * The interface with the fake model in a real terminal: run by tests, in tmux.
 * First argument: `file`, or what `s` does: `live`, `throw`, `reject`; second: `-` when the capture is standard input.
 */
import { runTui } from '../../cli/tui/tui-run.ts';
import { EXIT } from '../../cli/exit-codes.ts';
import { processTerminal } from '../../cli/terminal.ts';
import { FakeModel } from './fake-model.ts';

const [, , mode = 'file', input = 'sample.pcapng'] = process.argv;

/** Fails in ways that nobody catches. */
class FailingModel extends FakeModel {
  override setCapturing(isOn: boolean): Promise<void> {
    if (mode === 'throw') {
      setImmediate(() => {
        throw new Error('thrown on purpose');
      });
    } else if (mode === 'reject') void Promise.reject(new Error('rejected on purpose'));
    return super.setCapturing(isOn);
  }
}

const model = new FailingModel({ phase: mode === 'file' ? 'complete' : 'following' });
const terminal = processTerminal();
try {
  const code = await runTui(
    {
      open: () => Promise.resolve(model),
      name: input,
      isInputCapture: input === '-',
      instead: 'mip6guard read FILE',
      colour: 'auto',
    },
    terminal,
  );
  process.exit(code);
} catch (error) {
  terminal.say(`ended with: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(EXIT.internal);
}
