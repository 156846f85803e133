/**
 * A sink that keeps what it is given, and can be made to fail.
 */
import { OutputError } from '../../../io/output.ts';
import type { TextSink } from '../../../io/output.ts';

export class MemorySink implements TextSink {
  readonly name = 'memory';
  isClosed = false;
  text = '';
  flushes = 0;
  /** Error of the next write, like that of a full disk. */
  failure: string | undefined;

  get lines(): string[] {
    return this.text.split('\n').slice(0, -1);
  }

  write(text: string): void {
    if (this.failure !== undefined) {
      throw new OutputError('memory', Object.assign(new Error('full'), { code: this.failure }));
    }
    this.text += text;
  }

  flush(): void {
    this.flushes++;
  }
}
