/**
 * The interface in a terminal that somebody else has prepared: alternate screen, restored afterwards.
 *
 * Set `NODE_ENV=production`, and `FORCE_COLOR=0` when there shall be no colours, before this file is imported: ink and
 * React look at them once.
 */
import { useEffect, useState } from 'react';
import type { FC } from 'react';
import { render } from 'ink';
import type { PacketModel } from '../engine/views/model/index.ts';
import { App } from './frame/app.tsx';
import type { AppProps } from './frame/app.tsx';
import { FramePainter } from './frame/painter.ts';
import type { FrameServices } from './frame/services.ts';
import { SCREENS } from './screens/index.ts';

/** Frames a second at most. */
const MAX_FPS = 30;

/** Most octets of text for the clipboard: what terminals take in one sequence. */
const MAX_COPIED = 74_994;

/** What an interface needs. */
export interface InterfaceOptions {
  readonly model: PacketModel;
  /** Keyboard: a terminal, in raw mode while the interface runs. */
  readonly input: NodeJS.ReadStream;
  readonly output: NodeJS.WriteStream;
  readonly fileExists: (file: string) => boolean;
  /** Leaves the terminal to the shell until the process goes on; `redraw` afterwards. */
  readonly suspend: () => void;
  readonly start?: AppProps['start'];
}

/** An interface that runs. */
export interface RunningInterface {
  /** Settles when it was left; rejects when a screen failed. */
  readonly ended: Promise<void>;
  /** Leaves it. */
  readonly close: () => void;
  /** Draws everything again: something else wrote to the terminal. */
  readonly redraw: () => void;
}

const Sized: FC<Omit<AppProps, 'size'> & { readonly painter: FramePainter }> = ({
  painter,
  ...app
}) => {
  const [size, setSize] = useState(painter.size);
  useEffect(
    () =>
      painter.onResize(() => {
        setSize(painter.size);
      }),
    [painter],
  );
  return <App {...app} size={size} />;
};

/** Starts the interface. The terminal shows the alternate screen, with the cursor at its start. */
export function startInterface(options: InterfaceOptions): RunningInterface {
  const { model, input, output, fileExists, suspend, start } = options;
  const painter = new FramePainter(output);
  const services: FrameServices = {
    quit: () => {
      instance.unmount();
    },
    suspend,
    redraw: () => {
      painter.redraw();
    },
    copy: (text) => {
      const octets = Buffer.from(text, 'utf8');
      if (octets.length > MAX_COPIED) return false;
      output.write(`\x1b]52;c;${octets.toString('base64')}\x07`);
      return true;
    },
    fileExists,
    after: (milliseconds, then) => {
      const timer = setTimeout(then, milliseconds);
      return () => {
        clearTimeout(timer);
      };
    },
  };
  const instance = render(
    <Sized
      model={model}
      screens={SCREENS}
      services={services}
      painter={painter}
      {...(start === undefined ? {} : { start })}
    />,
    {
      stdin: input,
      stdout: painter.stream,
      exitOnCtrlC: false,
      patchConsole: false,
      maxFps: MAX_FPS,
    },
  );
  return {
    ended: instance
      .waitUntilExit()
      .then(() => undefined)
      .finally(() => {
        painter.close();
      }),
    close: () => {
      instance.unmount();
    },
    redraw: () => {
      painter.redraw();
    },
  };
}
