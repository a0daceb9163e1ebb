// Samples that count only together.
import {groupsAsSamples} from './groups.js'
import type {ConditionOutcome, DiagnosedSample} from './table.js'

const scored = (score: number | null, digest = 'a'): ConditionOutcome => ({
  ...{outcome: score === null ? 'error' : score === 1 ? 'correct' : 'wrong', score, digest},
  forced: [-1, -2],
})
const sample = (id: string, engaged: boolean | null, under: DiagnosedSample['under']): DiagnosedSample => {
  return {id, subtask: 's', cluster: 'picture', engaged, under}
}

describe('groups', () => {
  it('are right when all their members are, and engaged when all are', () => {
    const table = {
      ...{bench: 'pairs', aggregate: 'micro' as const},
      samples: [
        sample('1', true, {own: scored(1, 'x'), zeros: scored(1)}),
        sample('2', true, {own: scored(0, 'y'), zeros: scored(null), noise: scored(1)}),
        sample('3', false, {own: scored(1)}),
        sample('4', true, {own: scored(1)}),
        sample('5', true, {own: scored(1)}),
      ],
    }
    const {samples} = groupsAsSamples(table, ({id}) => (id === '5' ? undefined : Number(id) < 3 ? 'g' : 'h'))
    expect(samples.map(({id, engaged}) => [id, engaged])).toEqual([
      ['5', true],
      ['g', true],
      ['h', false],
    ])
    expect(samples[1]).toEqual({
      ...{id: 'g', subtask: 's', cluster: 'picture', engaged: true},
      under: {own: {outcome: 'wrong', score: 0, digest: '["x","y"]'}},
    })
    expect(samples[2]!.under['own']).toMatchObject({outcome: 'correct', score: 1})
  })

  it('do not know their engagement where one member is not seen', () => {
    const samples = [sample('1', true, {own: scored(1)}), sample('2', null, {own: scored(1)})]
    expect(groupsAsSamples({bench: 'p', aggregate: 'micro', samples}, () => 'g').samples[0]!.engaged).toBeNull()
  })
})
