"""Moving live connections between the workers of one application: who tells whom what, and how many go where."""
