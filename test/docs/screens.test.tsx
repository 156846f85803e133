/**
 * The screens shown in README.md are those of the program: each is drawn from the bundled attack and compared.
 * `npm run screens` writes them anew.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { render } from 'ink-testing-library';
import { expect, it } from 'vitest';
import { openLocalModel } from '../../cli/model/open-local.ts';
import type { PacketModel } from '../../engine/views/model/index.ts';
import { App } from '../../ui/frame/app.tsx';
import type { FrameServices } from '../../ui/frame/services.ts';
import { SCREENS } from '../../ui/screens/index.ts';
import { bundled, quietTerminal, settled } from '../cli/model/models.ts';
import { sequenceOf } from '../ui/harness.tsx';
import { ROOT } from './pages.ts';

const README = path.join(ROOT, 'README.md');
const START = '<!-- screens: written by npm run screens -->\n';
const END = '<!-- end of screens -->\n';
const SIZE = { columns: 100, rows: 32 };
/** What the clock of the log says. */
const NOW = Date.UTC(2026, 0, 1, 12);

/** Keys to press from the incident screen on, and what is to be seen. */
const SHOWN: readonly (readonly [
  title: string,
  capture: string,
  keys: readonly string[],
  isOpen?: true,
])[] = [
  ['Incidents: what happened, how far it came, what proves it', 'relay-attack', ['5'], true],
  ['Ladder: the messages of the incident', 'relay-attack', ['5', 'L'], true],
  ['Packets: list, fields and octets', 'relay-attack', [':', 'goto 69', 'enter', 'enter']],
  ['Bindings: who is where, and whether to believe it', 'relay-attack', ['2']],
  ['Security associations', 'relay-attack', ['3']],
  ['Return routability', 'normal-life', ['4']],
  ['Topology', 'relay-attack', ['7']],
  ['Statistics', 'relay-attack', ['8']],
  ['Log', 'relay-attack', ['9']],
];

/** A frame after some keys, without blanks at the ends of lines and at the end. */
async function frameOf(model: PacketModel, keys: readonly string[]): Promise<string> {
  const services: FrameServices = {
    quit: () => undefined,
    suspend: () => undefined,
    redraw: () => undefined,
    copy: () => true,
    fileExists: () => false,
    after: (_milliseconds, then) => {
      const timer = setTimeout(then, 0);
      return () => {
        clearTimeout(timer);
      };
    },
  };
  const { lastFrame, frames, stdin, unmount } = render(
    <App model={model} screens={SCREENS} services={services} size={SIZE} />,
  );
  const settle = async (): Promise<void> => {
    for (let still = 0; still < 20; still++) {
      const before = frames.length;
      await new Promise((resolve) => setTimeout(resolve, 5));
      if (frames.length !== before) still = 0;
    }
  };
  await settle();
  for (const key of keys) {
    stdin.write(sequenceOf(key));
    await settle();
  }
  const lines = (lastFrame() ?? '').split('\n').map((line) => line.trimEnd());
  unmount();
  return lines.join('\n').replace(/\n{3,}/g, '\n\n');
}

async function section(): Promise<string> {
  const models = new Map<string, PacketModel>();
  const parts: string[] = [];
  for (const [title, capture, keys, isOpen] of SHOWN) {
    let model = models.get(capture);
    if (model === undefined) {
      const { inputs = [], keys: keyFiles = [], config } = bundled(`${capture}.pcapng`);
      const relative = (file: string): string => path.relative(ROOT, file);
      const names = {
        inputs: inputs.map(relative),
        keys: keyFiles.map(relative),
        config: config === undefined ? undefined : relative(config),
      };
      model = await openLocalModel(names, quietTerminal(), () => NOW);
      await settled(model);
      models.set(capture, model);
    }
    const frame = await frameOf(model, keys);
    parts.push(
      `<details${isOpen === true ? ' open' : ''}><summary>${title}</summary>\n\n\`\`\`text\n${frame}\n\`\`\`\n\n</details>\n`,
    );
  }
  for (const model of models.values()) await model.close();
  return `\n${parts.join('\n')}\n`;
}

it('shows each screen as the program draws it', async () => {
  const text = readFileSync(README, 'utf8');
  const from = text.indexOf(START) + START.length;
  const to = text.indexOf(END);
  expect(from).toBeGreaterThan(START.length);
  expect(to).toBeGreaterThanOrEqual(from);
  const drawn = await section();
  if (process.env['MIP6GUARD_SCREENS'] === 'write') {
    writeFileSync(README, text.slice(0, from) + drawn + text.slice(to));
    return;
  }
  expect(text.slice(from, to), 'npm run screens writes them anew').toBe(drawn);
});
