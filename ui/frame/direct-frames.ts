/**
 * Frames of what React has made, drawn as soon as it is there.
 *
 * ink waits up to 34 ms after one frame before it makes the next, so that a key after a refresh of live packets would
 * wait that long, and each of its frames takes tens of milliseconds; see `composer.ts`.
 */
import type { DOMElement } from 'ink';
import { composeFrame } from './composer.ts';
import type { FramePainter } from './painter.ts';

/** Least milliseconds from the end of one frame to the next: what comes at once is drawn at once. */
const REST = 8;

/** The root of the tree that a node is in. */
function rootOf(node: DOMElement): DOMElement {
  let root = node;
  while (root.parentNode !== undefined) root = root.parentNode;
  return root;
}

/**
 * From now on draws the tree of `node` by itself; what ink writes is not looked at.
 * @returns leaves it to ink again
 */
export function drawDirectly(node: DOMElement, painter: FramePainter): () => void {
  const root = rootOf(node);
  const { onRender } = root;
  const release = painter.takeOver();
  let last = Number.NEGATIVE_INFINITY;
  let timer: NodeJS.Timeout | undefined;
  const draw = (): void => {
    timer = undefined;
    painter.show(composeFrame(root));
    last = performance.now();
  };
  root.onRender = () => {
    if (timer !== undefined) return;
    const wait = last + REST - performance.now();
    if (wait <= 0) draw();
    else timer = setTimeout(draw, wait);
  };
  return () => {
    clearTimeout(timer);
    if (onRender === undefined) delete root.onRender;
    else root.onRender = onRender;
    release();
  };
}
