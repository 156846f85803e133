/**
 * The frame: screens with their titles, status and keys around them, and what lies over them.
 */
import { useEffect, useMemo, useRef, useState } from 'react';
import type { FC } from 'react';
import { Box } from 'ink';
import type { ModelStatus, PacketModel } from '../../engine/views/model/index.ts';
import { Footer, StatusLine, TabBar } from '../components/footer.tsx';
import { Line } from '../components/line.tsx';
import { SHOWN_COMPLETIONS } from '../components/prompt.tsx';
import { ActionContext, ActionRegistry } from '../hooks/use-actions.ts';
import { RawKeyContext, RawKeys } from '../hooks/use-raw-keys.ts';
import { useStatus } from '../hooks/use-status.ts';
import { footerRows, keyRows, MOVE_KEYS } from '../keymap.ts';
import type { ScreenDefinition, ScreenId, ScreenProps, ScreenSize, Subject } from '../screen.ts';
import { KeyDispatcher } from './dispatcher.ts';
import { frameHandlers } from './frame-handlers.ts';
import { makeActions } from './frame-actions.ts';
import { close, firstState } from './frame-state.ts';
import type { FrameState } from './frame-state.ts';
import { Histories } from './layers.ts';
import { Over, PromptPlace } from './over.tsx';
import { ScreenHost } from './screen-host.tsx';
import type { FrameServices } from './services.ts';
import { useKeyQueue } from './use-key-queue.ts';

/** Smallest terminal that screens are made for. */
export const LEAST_SIZE: ScreenSize = { columns: 80, rows: 24 };

/** Lines of the frame: screens, status, keys; and the one that ink must not use. */
const FRAME_LINES = 3;

/** How long something said stays, milliseconds. */
const SAY_TIME = 8000;

/** Movement that nobody answers to is no news. */
const MOVES: ReadonlySet<string> = new Set(MOVE_KEYS.map(({ action }) => action));

/** What the interface is made of. */
export interface AppProps {
  readonly model: PacketModel;
  readonly screens: readonly ScreenDefinition[];
  readonly services: FrameServices;
  /** The terminal. One row of it stays free. */
  readonly size: ScreenSize;
  /** Where to start; default the first screen. */
  readonly start?: { readonly screen: ScreenId; readonly subject?: Subject | undefined };
}

/** Instead of screens in a terminal that is too small for them. */
const TooSmall: FC<{ readonly size: ScreenSize }> = ({ size }) => {
  const lines = [
    'mip6guard needs a larger terminal:',
    `${LEAST_SIZE.columns} x ${LEAST_SIZE.rows} at least, this one is ${size.columns} x ${size.rows}.`,
    'Enlarge it, or leave with ctrl-c twice.',
  ];
  return lines
    .slice(0, Math.max(1, size.rows - 1))
    .map((text) => <Line key={text} width={size.columns} segments={[{ text }]} />);
};

/** The interface. */
export const App: FC<AppProps> = ({ model, screens, services, size, start }) => {
  const status = useStatus(model);
  const [state, setState] = useState<FrameState>(() =>
    firstState(start?.screen ?? screens[0]?.id ?? 'packets', start?.subject),
  );
  const now = useRef({ state, status });
  now.current = { state, status };
  const change = useRef((next: (before: FrameState) => FrameState) => {
    setState(next);
  }).current;

  const screen = screens.find(({ id }) => id === state.active) ?? screens[0];
  const rows = screen === undefined ? [] : keyRows(screen, screens);
  const newestRows = useRef(rows);
  newestRows.current = rows;

  const parts = useMemo(() => {
    const registry = new ActionRegistry();
    const histories = new Histories(services.history?.filters);
    const rowsNow = (): typeof rows => newestRows.current;
    const statusNow = (): ModelStatus => now.current.status;
    const written = { packets: 0 };
    const run = (action: string, call: Parameters<ActionRegistry['run']>[1]): void => {
      if (registry.run(action, call)) return;
      const handler = Object.hasOwn(handlers, action) ? handlers[action] : undefined;
      if (handler !== undefined) handler(call);
      else if (!MOVES.has(action)) actions.say(`${action}: nothing to do here`, 'warning');
    };
    const actions = makeActions({
      model,
      services,
      change,
      histories,
      rowsNow,
      statusNow,
      run,
      written,
    });
    const handlers = frameHandlers({
      model,
      services,
      screens,
      change,
      actions,
      statusNow,
      stateNow: () => now.current.state,
      written,
    });
    const dispatcher = new KeyDispatcher({
      rows: rowsNow,
      run,
      onPending: (pending) => {
        change((before) => (before.pending === pending ? before : { ...before, pending }));
      },
      after: services.after,
    });
    return { registry, rawKeys: new RawKeys(), histories, run, actions, dispatcher };
  }, [model, services, screens, change]);
  const { registry, rawKeys, histories, run, actions, dispatcher } = parts;

  useKeyQueue(
    {
      canRepeat: (key) =>
        rawKeys.taker === undefined &&
        !dispatcher.isPending &&
        dispatcher.rowOf(key)?.isRepeatable === true,
      takesText: () => now.current.state.layers[0]?.layer.kind === 'prompt',
      press: (key, times) => {
        // Whatever lies over the screen: these always work.
        const always = ALWAYS[key];
        if (always !== 'quit-now') change((before) => ({ ...before, message: undefined }));
        if (always !== undefined) {
          run(always, { count: undefined, argument: undefined });
          return 'done';
        }
        const taker = rawKeys.taker;
        if (taker === undefined) return dispatcher.press(key, times);
        taker(key);
        return 'done';
      },
      tick: () => {
        change((before) => ({ ...before, tick: before.tick + 1 }));
      },
    },
    state.tick,
  );

  const { message } = state;
  useEffect(() => {
    if (message === undefined) return undefined;
    return services.after(SAY_TIME, () => {
      change((before) => (before.message === message ? { ...before, message: undefined } : before));
    });
  }, [message, services, change]);

  const { columns, rows: height } = size;
  const isSmall = columns < LEAST_SIZE.columns || height < LEAST_SIZE.rows;
  // Screens keep what they know while the terminal is too small to show them.
  const body = {
    columns: Math.max(columns, LEAST_SIZE.columns),
    rows: Math.max(height, LEAST_SIZE.rows) - 1 - FRAME_LINES,
  };
  const top = state.layers[0];
  const props = (id: ScreenId): ScreenProps => ({
    model,
    status,
    size: body,
    actions,
    isActive: id === state.active,
    subject: state.subjects[id],
  });
  return (
    <ActionContext.Provider value={registry}>
      <RawKeyContext.Provider value={rawKeys}>
        {isSmall && <TooSmall size={size} />}
        <Box
          display={isSmall ? 'none' : 'flex'}
          flexDirection="column"
          width={columns}
          height={height - 1}
          flexShrink={0}
        >
          <TabBar screens={screens} active={state.active} columns={columns} />
          <Box width={columns} height={body.rows} flexShrink={0} overflowY="hidden">
            {screens
              .filter(({ id }) => state.visited.includes(id))
              .map(({ id, component }) => (
                <ScreenHost key={id} component={component} props={props(id)} />
              ))}
            {top !== undefined && screen !== undefined && (
              <Over
                key={top.id}
                open={top}
                size={body}
                screen={screen}
                screens={screens}
                onClose={() => {
                  change((before) => close(before, top.id));
                }}
                onRun={run}
              />
            )}
          </Box>
          {top?.layer.kind === 'prompt' ? (
            <PromptPlace
              key={top.id}
              open={top}
              columns={columns}
              room={Math.min(SHOWN_COMPLETIONS, body.rows)}
              histories={histories}
              onClose={() => {
                change((before) => close(before, top.id));
              }}
            />
          ) : (
            <>
              <StatusLine
                status={status}
                message={message}
                pending={state.pending}
                columns={columns}
              />
              <Footer
                rows={screen === undefined ? [] : footerRows(screen, screens)}
                columns={columns}
              />
            </>
          )}
        </Box>
      </RawKeyContext.Provider>
    </ActionContext.Provider>
  );
};

/** Keys that work whatever lies over the screen. */
const ALWAYS: Readonly<Record<string, string | undefined>> = {
  'ctrl-c': 'quit-now',
  'ctrl-z': 'suspend',
  'ctrl-l': 'redraw',
};
