/**
 * The ladder of a subject as state of a component.
 */
import { useEffect, useRef, useState } from 'react';
import type {
  Ladder,
  LadderSubject,
  ModelStatus,
  PacketModel,
} from '../../engine/views/model/index.ts';

/** A ladder with what it is of. */
export interface ShownLadder {
  readonly ladder: Ladder;
  readonly subject: LadderSubject;
}

/**
 * Asked for again when the subject is another or what it is made of has changed, one question at a time. Undefined until
 * the first answer; the ladder before is kept while the next one is asked for.
 */
export function useLadder(
  model: PacketModel,
  status: ModelStatus,
  subject: LadderSubject | undefined,
  isActive: boolean,
): ShownLadder | undefined {
  const [shown, setShown] = useState<ShownLadder>();
  const [answers, setAnswers] = useState(0);
  const isAsking = useRef(false);
  const isGone = useRef(false);
  const asked = useRef<{ readonly subject: LadderSubject; readonly version: string } | undefined>(
    undefined,
  );
  const { bindings, incidents, routability } = status.versions;
  const version = `${bindings} ${incidents} ${routability}`;
  useEffect(() => {
    isGone.current = false;
    return () => {
      isGone.current = true;
    };
  }, []);
  useEffect(() => {
    if (!isActive || subject === undefined || isAsking.current) return;
    if (asked.current?.subject === subject && asked.current.version === version) return;
    asked.current = { subject, version };
    isAsking.current = true;
    const done = (): void => {
      isAsking.current = false;
      if (!isGone.current) setAnswers((before) => before + 1);
    };
    model.ladder(subject).then(
      (ladder) => {
        if (!isGone.current) setShown({ ladder, subject });
        done();
      },
      // The model is gone; the status says so.
      done,
    );
  }, [model, subject, version, isActive, answers]);
  return shown;
}
