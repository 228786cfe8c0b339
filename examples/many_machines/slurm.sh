#!/bin/bash
# A dataset by a SLURM array, one part a task; on the login node, with a folder that all nodes see:
#   rfsearch enumerate --target-rf 224 --input 227 -o /shared/atlas --plan
#   sbatch --array=0-$(( $(rfsearch part /shared/atlas) - 1 )) slurm.sh /shared/atlas
# and when the array has ended, whatever became of its tasks:
#   rfsearch enumerate --resume -o /shared/atlas
#SBATCH --job-name=rfsearch
#SBATCH --cpus-per-task=1
#SBATCH --mem=2G
set -euo pipefail
rfsearch part "$1" "$SLURM_ARRAY_TASK_ID"
