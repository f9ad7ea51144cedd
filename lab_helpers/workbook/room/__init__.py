"""What ``lab open`` sets up for a learner: notebooks of their own, the environment, what is withheld."""
