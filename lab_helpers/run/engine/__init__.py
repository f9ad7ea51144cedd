"""The papermill engine: one notebook run on a kernel of its own, and a record of every cell."""
