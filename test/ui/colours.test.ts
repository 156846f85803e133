import chalk from 'chalk';
import { describe, expect, it } from 'vitest';
import { SCREENS } from '../../ui/screens/index.ts';
import { openApp } from './harness.tsx';

/** Frames of all screens, with that many colours as the terminal is taken to have: 0 none, 1 the 16. */
async function framesWith(level: 0 | 1): Promise<readonly string[]> {
  const before = chalk.level;
  chalk.level = level;
  const app = await openApp();
  const frames: string[] = [];
  for (const { key } of SCREENS) {
    await app.press(key);
    frames.push(app.frame());
  }
  await app.press('1', '?');
  frames.push(app.frame());
  await app.press('esc', '/');
  await app.type('nosuchfield');
  frames.push(app.frame());
  app.close();
  chalk.level = before;
  return frames;
}

/** The 16 colours, bold, dim, underline, inverse, and their ends. */
const STYLE = /\x1b\[(?:[1247]|2[2-9]|3[0-79]|4[0-79]|9[0-7]|10[0-7])m/g;

describe('colours', () => {
  it('are none at all without them, and the cursor is still seen', async () => {
    for (const frame of await framesWith(0)) expect(frame).not.toContain('\x1b');
    const [packets = ''] = await framesWith(0);
    expect(packets).toMatch(/^>/m);
    expect(packets).toContain('[1 Packets]');
  });

  it('are those of the terminal, and say nothing that text does not', async () => {
    const [plain, coloured] = [await framesWith(0), await framesWith(1)];
    coloured.forEach((frame, i) => {
      expect(frame).toContain('\x1b[');
      // A styled line keeps its blanks at the end.
      const text = frame.replace(STYLE, '').replace(/ +$/gm, '');
      expect(text).not.toContain('\x1b');
      expect(text).toBe(plain[i]);
    });
  });
});
