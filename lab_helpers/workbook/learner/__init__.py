"""What belongs to one learner: progress, workspace, manifests they edited, the map of phases."""
