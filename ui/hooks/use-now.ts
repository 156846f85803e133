/**
 * The time that lifetimes run down by.
 */
import { useEffect, useRef, useState } from 'react';
import type { ModelStatus } from '../../engine/views/model/index.ts';

/** How often a lifetime on the screen is made new, milliseconds. */
const STEP = 1000;

/**
 * Now, seconds since the first packet: the time of the last packet; during a live capture also what has passed since it
 * came, so that lifetimes run while nothing is sent. Clocks of capture and terminal are not compared.
 */
export function useNow(status: ModelStatus, isActive: boolean): number {
  const { firstTime, lastTime, phase } = status;
  const isRunning = isActive && phase === 'following';
  const came = useRef({ lastTime, at: performance.now() });
  if (came.current.lastTime !== lastTime) came.current = { lastTime, at: performance.now() };
  const [, setTick] = useState(0);
  useEffect(() => {
    if (!isRunning) return undefined;
    const timer = setInterval(() => {
      setTick((before) => before + 1);
    }, STEP);
    return () => {
      clearInterval(timer);
    };
  }, [isRunning]);
  const passed = phase === 'following' ? (performance.now() - came.current.at) / 1000 : 0;
  return lastTime - firstTime + passed;
}
