"""The page in a real browser: a package, so that the browser lives as long as the tests in it."""
