/**
 * Everything wrong with the inputs of a run, as records.
 */
import type { PacketSource } from '../../engine/ports.ts';
import type { InputError } from '../../io/capture/input-error.ts';
import type { FaultRecord } from '../../io/export/records.ts';

/** Inputs that could not be opened, then faults met while reading. */
export function faultRecords(source: PacketSource, errors: readonly InputError[]): FaultRecord[] {
  const closed = errors.map((error) => ({
    pcap_filename: error.input,
    code: error.code,
    message: withoutName(error.message, error.input),
    offset: 0,
    packets_before: 0,
  }));
  // By input: when they were met depends on how the inputs were read.
  const byInput = [...source.faults].sort((a, b) => a.inputIndex - b.inputIndex);
  const met = byInput.map((fault) => {
    const name = source.inputs[fault.inputIndex]?.name ?? '';
    return {
      pcap_filename: name,
      code: fault.code,
      message: withoutName(fault.message, name),
      offset: fault.fileOffset,
      packets_before: fault.packetsBefore,
    };
  });
  return [...closed, ...met];
}

/** The name is a field of its own. */
function withoutName(message: string, name: string): string {
  const lead = `${name}: `;
  return message.startsWith(lead) ? message.slice(lead.length) : message;
}

/** Whether the input could not be opened at all: then there is no place in it to name. */
export function isUnopened(fault: FaultRecord): boolean {
  return fault.code.startsWith('ERR_INPUT_') && fault.offset === 0 && fault.packets_before === 0;
}
