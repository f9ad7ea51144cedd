"""What a notebook holds: the session, its steps and checks, the learner's workspace and shell cells."""
