"""What a request carries that says who asks, and from where: the same for HTTP and for live connections. Pure."""
