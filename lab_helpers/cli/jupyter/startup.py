"""The IPython startup file of a room's kernels."""

from lab_helpers.workbook.session.unopened import await_opening

await_opening()
del await_opening
