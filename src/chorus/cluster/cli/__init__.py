"""The command line: finds the command, reads its arguments, asks the manager, shows the answer."""
