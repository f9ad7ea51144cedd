git -C infra add helm
git -C infra diff --cached --quiet || git -C infra commit -m "Say in the chart's values what production's overlay says"
