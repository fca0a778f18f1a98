"""The command line: arguments in, documents and tables out. Nothing imports this room."""
