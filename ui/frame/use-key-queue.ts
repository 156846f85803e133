/**
 * Keys, one for each render: what a key does may depend on what the one before did.
 */
import { useEffect, useRef } from 'react';
import { useStdin } from 'ink';
import { keysOf, typedText } from './keypress.ts';

/** Keys that wait at most; who pastes a book into a list loses the rest. */
const MAX_WAITING = 5000;

/** What handles keys. */
export interface KeySink {
  /** Equal keys at the front may be told as one with a count. */
  readonly canRepeat: (key: string) => boolean;
  /** Characters at the front may be told as one text: `text:...`. */
  readonly takesText: () => boolean;
  /** @returns `again` to get the same key after the next render */
  readonly press: (key: string, times: number) => 'done' | 'again';
  /** Asks for a render, after which `useKeyQueue` is called again. */
  readonly tick: () => void;
}

/**
 * Hears the keyboard.
 * @param tick changes with every render that `sink.tick` asked for
 */
export function useKeyQueue(sink: KeySink, tick: number): void {
  const waiting = useRef<string[]>([]);
  const isBusy = useRef(false);
  const newest = useRef(sink);
  newest.current = sink;

  const next = useRef((): void => {
    const keys = waiting.current;
    const [key] = keys;
    if (key === undefined || isBusy.current) return;
    isBusy.current = true;
    const { canRepeat, takesText, press, tick: render } = newest.current;
    let told = key;
    let times = 1;
    if (takesText() && typedText(key) !== undefined) {
      const end = keys.findIndex((item) => typedText(item) === undefined);
      times = end < 0 ? keys.length : end;
      if (times > 1) told = `text:${keys.slice(0, times).map(typedText).join('')}`;
    } else if (canRepeat(key)) {
      const end = keys.findIndex((item) => item !== key);
      times = end < 0 ? keys.length : end;
    }
    if (press(told, times) === 'done') keys.splice(0, times);
    render();
  });

  // Not `useInput`: it tells no escape before another key, and calls backspace delete.
  const { internal_eventEmitter: events, setRawMode } = useStdin();
  useEffect(() => {
    const hear = (input: string): void => {
      const room = MAX_WAITING - waiting.current.length;
      waiting.current.push(...keysOf(input).slice(0, Math.max(0, room)));
      next.current();
    };
    setRawMode(true);
    events.on('input', hear);
    return () => {
      events.off('input', hear);
      setRawMode(false);
    };
  }, [events, setRawMode]);

  useEffect(() => {
    isBusy.current = false;
    // Not from within the render: React counts nested updates.
    const timer = setImmediate(next.current);
    return () => {
      clearImmediate(timer);
    };
  }, [tick]);
}
