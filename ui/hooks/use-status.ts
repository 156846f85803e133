/**
 * Status of the model as state of a component.
 */
import { useEffect, useState } from 'react';
import type { ModelStatus, PacketModel } from '../../engine/views/model/index.ts';

/** The newest status. */
export function useStatus(model: PacketModel): ModelStatus {
  const [status, setStatus] = useState(model.status);
  useEffect(() => {
    // What changed between the first render and now.
    setStatus(model.status);
    return model.subscribe(setStatus);
  }, [model]);
  return status;
}
