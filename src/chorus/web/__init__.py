"""The page: plain ES modules and CSS, served from memory."""
