/**
 * The interface without a terminal: keys in, frames out.
 */
import type { ReactElement } from 'react';
import { render } from 'ink-testing-library';
import { App } from '../../ui/frame/app.tsx';
import type { AppProps } from '../../ui/frame/app.tsx';
import type { FrameServices, KeptFilters } from '../../ui/frame/services.ts';
import { SCREENS } from '../../ui/screens/index.ts';
import type { ScreenDefinition, ScreenSize } from '../../ui/screen.ts';
import { FakeModel } from './fake-model.ts';

/** Sizes every screen is tested at. */
export const SIZES: readonly ScreenSize[] = [
  { columns: 80, rows: 24 },
  { columns: 120, rows: 40 },
  { columns: 200, rows: 60 },
];

/** What terminals send for a key. */
const SEQUENCES: Readonly<Record<string, string>> = {
  enter: '\r',
  esc: '\x1b',
  tab: '\t',
  'shift-tab': '\x1b[Z',
  space: ' ',
  backspace: '\x7f',
  up: '\x1b[A',
  down: '\x1b[B',
  right: '\x1b[C',
  left: '\x1b[D',
  home: '\x1b[H',
  end: '\x1b[F',
  pgup: '\x1b[5~',
  pgdn: '\x1b[6~',
};

/** Octets of a key by its name in the table: `ctrl-d`, `gg`, `enter`. */
export function sequenceOf(key: string): string {
  const control = /^ctrl-([a-z])$/.exec(key)?.[1];
  if (control !== undefined) return String.fromCharCode(control.charCodeAt(0) - 0x60);
  return SEQUENCES[key] ?? key;
}

/** Options of `openApp`. */
export interface AppOptions {
  readonly model?: FakeModel;
  readonly screens?: readonly ScreenDefinition[];
  readonly size?: ScreenSize;
  readonly start?: AppProps['start'];
  /** Files that are there. */
  readonly files?: readonly string[];
  /** Filters of earlier sessions. */
  readonly history?: KeptFilters;
}

/** An interface under test. */
export interface TestApp {
  readonly model: FakeModel;
  /** The newest frame. */
  readonly frame: () => string;
  /** Lines of the newest frame. */
  readonly lines: () => readonly string[];
  /** Lines with the cursor. */
  readonly cursorLines: () => readonly string[];
  /** Presses keys of the table, one after the other, and waits for what they do. A digit does not wait for others. */
  readonly press: (...keys: readonly string[]) => Promise<void>;
  /** Types text as it is, in one go. */
  readonly type: (text: string) => Promise<void>;
  /** Waits until nothing changes any more. */
  readonly settle: () => Promise<void>;
  /** Lets the time of all timers pass. */
  readonly elapse: () => Promise<void>;
  readonly resize: (size: ScreenSize) => Promise<void>;
  /** What the frame asked of the world: `quit`, `suspend`, `redraw`, `copy:...`. */
  readonly asked: readonly string[];
  readonly close: () => void;
}

/** Starts the interface and waits for its first frame. */
export async function openApp(options: AppOptions = {}): Promise<TestApp> {
  const { model = new FakeModel(), screens = SCREENS, start, files = [], history } = options;
  let { size = { columns: 80, rows: 24 } } = options;
  const asked: string[] = [];
  const timers = new Set<() => void>();
  const services: FrameServices = {
    quit: () => asked.push('quit'),
    suspend: () => asked.push('suspend'),
    redraw: () => asked.push('redraw'),
    copy: (text) => {
      asked.push(`copy:${text}`);
      return text.length < 10_000;
    },
    fileExists: (file) => files.includes(file),
    history,
    after: (_milliseconds, then) => {
      timers.add(then);
      return () => timers.delete(then);
    },
  };
  const app = (): ReactElement => (
    <App
      model={model}
      screens={screens}
      services={services}
      size={size}
      {...(start === undefined ? {} : { start })}
    />
  );
  const { lastFrame, frames, stdin, rerender, unmount } = render(app());
  const frame = (): string => lastFrame() ?? '';
  const settle = async (): Promise<void> => {
    for (let still = 0; still < 12; still++) {
      const before = frames.length;
      await new Promise((resolve) => setImmediate(resolve));
      if (frames.length !== before) still = 0;
    }
  };
  const elapse = async (): Promise<void> => {
    for (const then of [...timers]) {
      timers.delete(then);
      then();
    }
    await settle();
  };
  await settle();
  return {
    model,
    frame,
    lines: () => frame().split('\n'),
    cursorLines: () =>
      frame()
        .split('\n')
        .filter((line) => line.startsWith('>')),
    press: async (...keys) => {
      for (const key of keys) {
        stdin.write(sequenceOf(key));
        await settle();
      }
      if (/^[1-9]$/.test(keys.at(-1) ?? '')) await elapse();
    },
    type: async (text) => {
      stdin.write(text);
      await settle();
    },
    settle,
    elapse,
    resize: async (next) => {
      size = next;
      rerender(app());
      await settle();
    },
    asked,
    close: unmount,
  };
}
