/**
 * Packets of one capture as the engine is fed them.
 */
import type { CaptureInterface, PacketRecord } from '../../engine/ports.ts';

/** Raw IP. */
export const LINK_TYPE_RAW = 101;
/** Time of second 0, seconds since 1970. */
const START = 1_700_000_000;

/** The one interface of the capture. */
export function captureInterface(linkType = LINK_TYPE_RAW): CaptureInterface {
  return { inputIndex: 0, name: 'a', description: undefined, linkType, snapLength: 0 };
}

/**
 * A packet of the capture.
 * @param number in the capture, from 1
 * @param second after its start
 * @param how `cut`: octets the capture left out at the end; `originalLength`: more than there are octets
 */
export function packetRecord(
  bytes: Uint8Array,
  number: number,
  second: number,
  how: { readonly linkType?: number; readonly cut?: number; readonly originalLength?: number } = {},
): PacketRecord {
  return {
    bytes,
    offset: 0,
    end: bytes.length - (how.cut ?? 0),
    originalLength: how.originalLength ?? bytes.length,
    seconds: START + Math.floor(second),
    nanoseconds: Math.round((second % 1) * 1e9),
    linkType: how.linkType ?? LINK_TYPE_RAW,
    interfaceIndex: 0,
    inputIndex: 0,
    number,
    fileOffset: 0,
  };
}
