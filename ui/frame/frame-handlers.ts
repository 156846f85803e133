/**
 * Actions that every screen has, done when no screen did them.
 */
import type { ModelStatus, PacketModel } from '../../engine/views/model/index.ts';
import type { ActionHandlers } from '../hooks/use-actions.ts';
import type { ScreenActions, ScreenDefinition } from '../screen.ts';
import { countText } from '../text.ts';
import { reasonOf } from './frame-actions.ts';
import type { Written } from './frame-actions.ts';
import { goBack, goTo, open } from './frame-state.ts';
import type { FrameState } from './frame-state.ts';
import type { FrameServices } from './services.ts';

/** How long the second ctrl-c may take, milliseconds. */
const TWICE = 3000;

/** What handlers are made of. */
export interface HandlerParts {
  readonly model: PacketModel;
  readonly services: FrameServices;
  readonly screens: readonly ScreenDefinition[];
  readonly change: (next: (before: FrameState) => FrameState) => void;
  readonly actions: ScreenActions;
  readonly statusNow: () => ModelStatus;
  readonly stateNow: () => FrameState;
  readonly written: Written;
}

/** Whether the packets are a live capture's. */
function isLive({ inputs }: ModelStatus): boolean {
  return inputs.some(({ dropped }) => dropped !== undefined);
}

/** Makes the handlers. */
export function frameHandlers(parts: HandlerParts): ActionHandlers {
  const { model, services, screens, change, actions, statusNow, stateNow, written } = parts;
  let isLeaving = false;

  const neighbour = (step: number): void => {
    const at = screens.findIndex(({ id }) => id === stateNow().active);
    const next = screens[(at + step + screens.length) % screens.length];
    if (next !== undefined) change((before) => goTo(before, next.id));
  };
  const capture = async (): Promise<void> => {
    const { phase } = statusNow();
    if (!isLive(statusNow()) || (phase !== 'following' && phase !== 'stopped')) {
      actions.say('this is a file: there is no capture to stop', 'warning');
      return;
    }
    try {
      await model.setCapturing(phase === 'stopped');
      actions.say(phase === 'stopped' ? 'capturing' : 'capture stopped; s starts it again');
    } catch (error) {
      actions.say(reasonOf(error), 'error');
    }
  };
  const quit = async (): Promise<void> => {
    const status = statusNow();
    const unsaved = isLive(status) ? status.packets - written.packets : 0;
    if (unsaved > 0) {
      const isSure = await actions.ask(
        `${countText(unsaved)} captured packets are not in a file; they are gone then. ` +
          'Leave? (n, then :write-all FILE keeps them)',
      );
      if (!isSure) return;
    }
    services.quit();
  };
  const back = (): void => {
    if (stateNow().trail.length > 0) change((before) => goBack(before) ?? before);
    else if (statusNow().filter !== '') {
      actions.applyFilter('');
      actions.say('filter cleared');
    } else actions.say('q leaves');
  };

  return {
    ...Object.fromEntries(
      screens.map(({ id }) => [
        id,
        () => {
          change((before) => goTo(before, id));
        },
      ]),
    ),
    help: () => {
      change((before) => open(before, { kind: 'help' }));
    },
    command: () => {
      actions.command();
    },
    'previous-screen': () => {
      neighbour(-1);
    },
    'next-screen': () => {
      neighbour(1);
    },
    'display-filter': ({ argument }) => {
      actions.applyFilter(argument ?? '');
    },
    capture: () => {
      void capture();
    },
    back,
    redraw: () => {
      services.redraw();
    },
    suspend: () => {
      services.suspend();
    },
    quit: () => {
      void quit();
    },
    'quit-now': () => {
      if (isLeaving) {
        services.quit();
        return;
      }
      isLeaving = true;
      actions.say('ctrl-c again leaves', 'warning');
      services.after(TWICE, () => {
        isLeaving = false;
      });
    },
  };
}
