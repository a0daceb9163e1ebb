#!/usr/bin/env bash
# Rebuilds every nano checkpoint from the TypeScript generators' items: data, tokenizer, vision, stages 1 and 2, figures, export.
# Run in the repository root after `npm ci`, with the Python of requirements.txt first on the PATH. Finished stages are kept in training/work.
set -euo pipefail
work=training/work
tasks=hops-0,hops-1,hops-2,hops-3,hops-4,count-hops-1,count-hops-2,count-hops-3,count-hops-4,attr,box,point,count,left-right,above
tasks=$tasks,Counting,Object_Localization,Spatial_Relation,direct_attributes,relative_position,gqa,textvqa,vsr,cub
draw() { [ -e "$3/items.jsonl" ] || npx tsx scripts/training-data.ts --n "$1" --seed "$2" --out "$3" --subtask "$tasks"; }
draw 276000 7 $work/train
draw 4800 9001 $work/fresh
train() { python training/train.py --data $work/train --work $work "$@"; }
train tokenizer vision
# two branches, one core each: with latents, and the placebo's, which never sees a true latent
train base placebo &
train joint latents counted latent-sft latent text direct drift
wait
python training/evaluate.py --data $work/fresh --work $work latent:latent latent-sft:latent placebo:latent drift:latent text:text-cot direct:direct
python training/export.py --data $work/fresh --work $work --out fixtures/models
python training/report.py --work $work --out training/results
