"""Load generators, in C so that they are not what is measured."""
