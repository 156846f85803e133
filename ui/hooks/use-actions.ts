/**
 * How components hear keys and commands: by the name of the action, never by the key.
 */
import { createContext, useContext, useLayoutEffect, useRef } from 'react';

/** One use of an action. */
export interface ActionCall {
  /** Number typed before the key, or how many equal keys waited; undefined without. */
  readonly count: number | undefined;
  /** Of `ActionArgument`: a letter from a key, the rest of a command line. */
  readonly argument: string | undefined;
}

/** Does an action. `false`: not this time, let what is below have it. */
export type ActionHandler = (call: ActionCall) => unknown;

/** Handlers by the name of the action. */
export type ActionHandlers = Readonly<Record<string, ActionHandler>>;

/** Handlers that are asked, newest first. */
interface Entry {
  readonly handlers: { readonly current: ActionHandlers };
  /** Asked when no other did it. */
  readonly isFallback: boolean;
}

/** Where handlers are known. Those added last are asked first. */
export class ActionRegistry {
  readonly #entries = new Set<Entry>();

  /** @returns takes them away */
  add(handlers: { readonly current: ActionHandlers }, isFallback = false): () => void {
    const entry = { handlers, isFallback };
    this.#entries.add(entry);
    return () => {
      this.#entries.delete(entry);
    };
  }

  /** @returns whether somebody did it */
  run(action: string, call: ActionCall): boolean {
    const newest = [...this.#entries].reverse();
    const asked = [
      ...newest.filter(({ isFallback }) => !isFallback),
      ...newest.filter(({ isFallback }) => isFallback),
    ];
    for (const { handlers } of asked) {
      const { current } = handlers;
      const handler = Object.hasOwn(current, action) ? current[action] : undefined;
      if (handler !== undefined && handler(call) !== false) return true;
    }
    return false;
  }
}

/** The registry of the interface. */
export const ActionContext = createContext<ActionRegistry>(new ActionRegistry());

/**
 * Answers to actions while `isActive`. Handlers may be new at every render: the newest is called. Between two keys
 * there is always a render, so state of a closure is never old.
 * @param isFallback only when no other component of the screen did it: what lists do
 */
export function useActions(handlers: ActionHandlers, isActive: boolean, isFallback = false): void {
  const registry = useContext(ActionContext);
  const newest = useRef(handlers);
  useLayoutEffect(() => {
    newest.current = handlers;
  });
  useLayoutEffect(
    () => (isActive ? registry.add(newest, isFallback) : undefined),
    [registry, isActive, isFallback],
  );
}
