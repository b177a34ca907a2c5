/** The diagnosis of what a ring holds: of `analyze`, and of whoever else feeds a ring with the frames of a loop. */
import { type Diagnosis, diagnose, type DiagnosisInput } from '../../analyze/rules/diagnose.ts';
import { snapshotOf } from '../../analyze/rules/snapshot.ts';
import { surveyorOf } from '../../analyze/rules/survey.ts';
import { createQueryEngine } from '../../query/engine.ts';
import type { Ring } from '../../store/ring.ts';

/** What to judge, and by which rules; rules whose metrics are not in the ring say that they cannot tell. */
export type RingJudgement = Pick<DiagnosisInput, 'pack' | 'resources' | 'startMs' | 'atMs'>;

/** Judges as of `atMs`, which must be after the last sample that is to count. */
export function judgeRing(ring: Ring, judgement: RingJudgement): Promise<Diagnosis> {
  const source = snapshotOf(ring, 0, judgement.atMs);
  return diagnose({ ...judgement, querier: createQueryEngine(source), surveyor: surveyorOf(source), live: true });
}
