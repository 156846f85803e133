/**
 * Rows of the packet list around what is shown.
 */
import { useEffect, useRef, useState } from 'react';
import type { ModelStatus, PacketModel, PacketRow } from '../../engine/views/model/index.ts';

interface Page {
  /** What the rows depend on: the filter, and with it the findings known. */
  readonly filter: string;
  readonly findings: number;
  /** Packets that are not kept any more: lines count from the first that is. */
  readonly forgotten: number;
  readonly from: number;
  readonly rows: readonly PacketRow[];
}

/** The most that a model gives at once. */
const MAX_ROWS = 1000;

/**
 * Rows `[top, top + height)` of the shown list, with a window before and behind, so that scrolling finds them there.
 * One question at a time; the newest wish is asked next.
 * @returns the row of a line, undefined while it is not known
 */
export function usePacketRows(
  model: PacketModel,
  status: ModelStatus,
  top: number,
  height: number,
  isActive: boolean,
): (line: number) => PacketRow | undefined {
  const [page, setPage] = useState<Page>({
    filter: '',
    findings: -1,
    forgotten: 0,
    from: 0,
    rows: [],
  });
  const [answers, setAnswers] = useState(0);
  const asked = useRef('');
  const isAsking = useRef(false);
  const isGone = useRef(false);
  const { filter, shown, forgotten } = status;
  const findings = status.versions.incidents;
  const last = Math.min(top + height, shown);
  const has =
    page.filter === filter &&
    page.findings === findings &&
    page.forgotten === forgotten &&
    page.from <= top &&
    page.from + page.rows.length >= last;

  useEffect(() => {
    isGone.current = false;
    return () => {
      isGone.current = true;
    };
  }, []);
  const wish = `${findings} ${forgotten} ${shown} ${top} ${height} ${filter}`;
  useEffect(() => {
    // A wish that was answered with too few rows is not repeated: the status will say that the list is shorter.
    if (!isActive || has || isAsking.current || asked.current === wish) return;
    asked.current = wish;
    isAsking.current = true;
    const from = Math.max(0, top - height);
    const done = (): void => {
      isAsking.current = false;
      if (!isGone.current) setAnswers((before) => before + 1);
    };
    model.rows(from, Math.min(MAX_ROWS, 3 * height)).then((rows) => {
      if (!isGone.current) setPage({ filter, findings, forgotten, from, rows });
      done();
    }, done);
  }, [model, filter, findings, forgotten, top, height, wish, has, isActive, answers]);

  return (line) => (page.filter === filter ? page.rows[line - page.from] : undefined);
}
