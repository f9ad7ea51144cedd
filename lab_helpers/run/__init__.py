"""Running the workbook headless on a cluster: which notebooks, side by side, until its cluster is lost."""
