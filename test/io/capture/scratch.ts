import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll } from 'vitest';
import type { CaptureFault, PacketSource } from '../../../engine/ports.ts';
import { hex } from '../../dissectors/capture-file/collect.ts';

/** A directory of its own for a test file; removed when its tests are over. */
export class Scratch {
  readonly directory = mkdtempSync(join(tmpdir(), 'mip6guard-test-'));

  constructor() {
    afterAll(() => {
      rmSync(this.directory, { recursive: true, force: true });
    });
  }

  path(name: string): string {
    return join(this.directory, name);
  }

  /** Writes a file, and the directories it lies in. @returns its path */
  write(name: string, octets: Uint8Array | string): string {
    const path = this.path(name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, octets);
    return path;
  }
}

/** A delivered packet with its octets copied out. */
export interface Delivered {
  readonly data: string;
  readonly seconds: number;
  readonly nanoseconds: number;
  readonly inputIndex: number;
  readonly interfaceIndex: number;
  readonly number: number;
}

/** Runs a source to its end. */
export async function deliverAll(source: PacketSource): Promise<Delivered[]> {
  const delivered: Delivered[] = [];
  await source.run(({ bytes, offset, end, seconds, nanoseconds, ...rest }) => {
    const { inputIndex, interfaceIndex, number } = rest;
    const data = hex(bytes, offset, end);
    delivered.push({ data, seconds, nanoseconds, inputIndex, interfaceIndex, number });
  });
  return delivered;
}

/** Codes of faults. */
export function codesOf(faults: readonly CaptureFault[]): string[] {
  return faults.map((fault) => fault.code);
}
