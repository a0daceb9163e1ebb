#!/usr/bin/env bash
# Trains the five controls of `lantern-eval diagnose` from the committed checkpoints: data, stages, figures, export to
# fixtures/controls. Run it in the repository root after `npm ci`, with the Python of requirements.txt first on the
# PATH. Finished stages are kept in training/work.
set -euo pipefail
work=training/work/controls
stages=(shy format budget harm blind)
tasks=attr,hops-1,hops-2,hops-3,hops-4
draw() { [ -e "$3/items.jsonl" ] || npx tsx scripts/training-data.ts --n "$1" --seed "$2" --out "$3" --subtask "$tasks"; }

draw 60000 7 $work/train
draw 2500 9001 $work/fresh
python training/train.py --data $work/train --work $work --models fixtures/models "${stages[@]}"
python training/evaluate.py --data $work/fresh --work $work --n 500 "${stages[@]/%/:latent}"
python training/export.py --data $work/fresh --work $work --out fixtures/controls "${stages[@]/#/nano-}"
rm -rf training/results/controls
mkdir -p training/results/controls
cp -r $work/logs $work/metrics training/results/controls
