"""What each kernel of a learner's room runs first."""

from lab_helpers.workbook.session.unopened import await_opening

await_opening()
del await_opening
