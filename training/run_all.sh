#!/usr/bin/env bash
# Rebuilds every nano checkpoint from items of the TypeScript generators: data, tokenizer, vision, stages 1 and 2, a
# second seed, figures, export. Run it in the repository root after `npm ci`, with the Python of requirements.txt first
# on the PATH. Finished stages are kept in training/work.
set -euo pipefail
work=training/work
second=$work/second
tasks=hops-0,hops-1,hops-2,hops-3,hops-4,count-hops-1,count-hops-2,count-hops-3,count-hops-4,attr,box,point,count,left-right,above
tasks=$tasks,Counting,Object_Localization,Spatial_Relation,direct_attributes,relative_position,gqa,textvqa,vsr,cub
draw() { [ -e "$3/items.jsonl" ] || npx tsx scripts/training-data.ts --n "$1" --seed "$2" --out "$3" --subtask "$tasks"; }
train() { python training/train.py --data $work/train --work "$@"; }
evaluate() { python training/evaluate.py --data $work/fresh --work "$@"; }

draw 276000 7 $work/train
draw 4800 9001 $work/fresh
train $work tokenizer vision
mkdir -p $second
cp -r $work/tokenizer $work/vision.pt $second
# Two branches, one core each. One trains the checkpoints with latents. The other trains the placebo's branch, which
# never sees a true latent, and the second seed.
{
  train $work base placebo
  train $second --seed 1 shapes joint latents latent-sft latent
  evaluate $second latent:latent
  evaluate $work placebo:latent
} &
other=$!
train $work shapes joint latents latent-sft latent text direct drift early early-grpo
evaluate $work latent:latent latent-sft:latent drift:latent text:text-cot direct:direct early:latent early-grpo:latent
wait $other
python training/export.py --data $work/fresh --work $work --out fixtures/models
python training/report.py --work $work --second $second --out training/results
npx tsx scripts/runner-ids.ts --out $work/ids
python training/compare_ids.py $work/ids --out training/results/runner-ids.txt
