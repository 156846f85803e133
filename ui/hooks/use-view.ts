/**
 * Views of the model as state of a component.
 */
import { useEffect, useRef, useState } from 'react';
import type {
  ModelStatus,
  ModelViews,
  PacketModel,
  ViewName,
} from '../../engine/views/model/index.ts';

/**
 * A view, asked for again whenever its version rises while `isActive`. One question at a time: a slow model is asked
 * less often, not more. Undefined until the first answer.
 */
export function useView<V extends ViewName>(
  model: PacketModel,
  status: ModelStatus,
  name: V,
  isActive: boolean,
): ModelViews[V] | undefined {
  const [view, setView] = useState<ModelViews[V]>();
  const [answers, setAnswers] = useState(0);
  const asked = useRef<number | undefined>(undefined);
  const isAsking = useRef(false);
  const isGone = useRef(false);
  const version = status.versions[name];
  useEffect(() => {
    isGone.current = false;
    return () => {
      isGone.current = true;
    };
  }, []);
  useEffect(() => {
    if (!isActive || isAsking.current || asked.current === version) return;
    asked.current = version;
    isAsking.current = true;
    const done = (): void => {
      isAsking.current = false;
      // Looks whether the version rose meanwhile.
      if (!isGone.current) setAnswers((before) => before + 1);
    };
    model.view(name).then(
      (answer) => {
        if (!isGone.current) setView(() => answer);
        done();
      },
      // The model is gone; the status says so.
      done,
    );
  }, [model, name, version, isActive, answers]);
  return view;
}
