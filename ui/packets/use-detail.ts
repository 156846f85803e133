/**
 * The packet of the cursor in detail.
 */
import { useEffect, useRef, useState } from 'react';
import type { PacketDetail, PacketModel } from '../../engine/views/model/index.ts';

/**
 * Detail of a packet; the one before stays until the answer is there. One question at a time, so that a held key does
 * not ask for every packet it passes.
 * @param version rises when what is known of packets changed
 */
export function useDetail(
  model: PacketModel,
  packet: number | undefined,
  version: number,
  isActive: boolean,
): PacketDetail | undefined {
  const [detail, setDetail] = useState<PacketDetail>();
  const [answers, setAnswers] = useState(0);
  const asked = useRef<string | undefined>(undefined);
  const isAsking = useRef(false);
  const isGone = useRef(false);
  const wanted = packet === undefined ? undefined : `${packet} ${version}`;
  useEffect(() => {
    isGone.current = false;
    return () => {
      isGone.current = true;
    };
  }, []);
  useEffect(() => {
    if (packet === undefined || !isActive || isAsking.current || asked.current === wanted) return;
    asked.current = wanted;
    isAsking.current = true;
    const done = (): void => {
      isAsking.current = false;
      if (!isGone.current) setAnswers((before) => before + 1);
    };
    model.detail(packet).then((answer) => {
      if (!isGone.current) setDetail(answer);
      done();
    }, done);
  }, [model, packet, wanted, isActive, answers]);
  return packet === undefined ? undefined : detail;
}
