/**
 * The interface in a terminal that somebody else has prepared: alternate screen, restored afterwards.
 *
 * Set `NODE_ENV=production`, and `FORCE_COLOR=0` when there shall be no colours, before this file is imported: ink and
 * React look at them once.
 */
import { useEffect, useLayoutEffect, useRef, useState } from 'react';
import type { FC } from 'react';
import { Box, render } from 'ink';
import type { DOMElement } from 'ink';
import type { PacketModel } from '../engine/views/model/index.ts';
import { App } from './frame/app.tsx';
import type { AppProps } from './frame/app.tsx';
import { drawDirectly } from './frame/direct-frames.ts';
import { FramePainter } from './frame/painter.ts';
import type { FrameServices, KeptFilters } from './frame/services.ts';
import { SCREENS } from './screens/index.ts';

/** Most octets of text for the clipboard: what terminals take in one sequence. */
const MAX_COPIED = 74_994;

/** What an interface needs. */
export interface InterfaceOptions {
  readonly model: PacketModel;
  /** Keyboard: a terminal, in raw mode while the interface runs. */
  readonly input: NodeJS.ReadStream;
  readonly output: NodeJS.WriteStream;
  readonly fileExists: (file: string) => boolean;
  /** Filters of earlier sessions; undefined when none are known or kept. */
  readonly history?: KeptFilters | undefined;
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

/** The interface in the size of the terminal. ink draws nothing of it: that is done here from its first frame on. */
const Sized: FC<Omit<AppProps, 'size'> & { readonly painter: FramePainter }> = ({
  painter,
  ...app
}) => {
  const [size, setSize] = useState(painter.size);
  const [isDirect, setDirect] = useState(false);
  const place = useRef<DOMElement>(null);
  useLayoutEffect(() => {
    if (place.current === null) return undefined;
    setDirect(true);
    return drawDirectly(place.current, painter);
  }, [painter]);
  useEffect(
    () =>
      painter.onResize(() => {
        setSize(painter.size);
      }),
    [painter],
  );
  return (
    <>
      <Box ref={place} display="none" />
      {isDirect && <App {...app} size={size} />}
    </>
  );
};

/** Starts the interface. The terminal shows the alternate screen, with the cursor at its start. */
export function startInterface(options: InterfaceOptions): RunningInterface {
  const { model, input, output, fileExists, history, suspend, start } = options;
  const painter = new FramePainter(output);
  const leave = (): void => {
    // At its end ink makes a last frame, which nobody sees: of nothing that takes no time.
    instance.rerender(<></>);
    instance.unmount();
  };
  const services: FrameServices = {
    quit: leave,
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
    history,
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
    },
  );
  return {
    ended: instance
      .waitUntilExit()
      .then(() => undefined)
      .finally(() => {
        painter.close();
      }),
    close: leave,
    redraw: () => {
      painter.redraw();
    },
  };
}
