"""A message's text as HTML that is safe to show. Pure."""
