"""Running notebooks without a browser: the papermill engine, its event stream, JUnit and the HTML report."""
