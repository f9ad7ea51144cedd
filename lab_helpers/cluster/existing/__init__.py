"""A cluster that is there already: the workbook on it, in namespaces that its administrator labelled for the lab."""
