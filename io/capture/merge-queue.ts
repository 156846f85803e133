/** Something with a place in time; ties go by `inputIndex`. */
export interface Timed {
  readonly seconds: number;
  readonly nanoseconds: number;
  readonly inputIndex: number;
}

/** Whether `a` comes before `b`: earlier capture time, for equal times the earlier input. */
export function isBefore(a: Timed, b: Timed): boolean {
  if (a.seconds !== b.seconds) return a.seconds < b.seconds;
  if (a.nanoseconds !== b.nanoseconds) return a.nanoseconds < b.nanoseconds;
  return a.inputIndex < b.inputIndex;
}

/** Priority queue (binary heap) of readers by the time of their next packet. */
export class MergeQueue<Reader extends { readonly record: Timed }> {
  private readonly heap: Reader[] = [];

  get length(): number {
    return this.heap.length;
  }

  /** The reader whose packet is first. */
  peek(): Reader | undefined {
    return this.heap[0];
  }

  push(reader: Reader): void {
    const heap = this.heap;
    let at = heap.length;
    heap.push(reader);
    while (at > 0) {
      const parentAt = (at - 1) >> 1;
      const parent = heap[parentAt];
      if (parent === undefined || !isBefore(reader.record, parent.record)) break;
      heap[at] = parent;
      at = parentAt;
    }
    heap[at] = reader;
  }

  /** Takes the reader whose packet is first. */
  pop(): Reader | undefined {
    const heap = this.heap;
    const top = heap[0];
    const last = heap.pop();
    if (last === undefined || top === last) return top;
    let at = 0;
    for (;;) {
      let childAt = 2 * at + 1;
      let child = heap[childAt];
      if (child === undefined) break;
      const right = heap[childAt + 1];
      if (right !== undefined && isBefore(right.record, child.record)) {
        child = right;
        childAt++;
      }
      if (!isBefore(child.record, last.record)) break;
      heap[at] = child;
      at = childAt;
    }
    heap[at] = last;
    return top;
  }
}
