"""What a request carries that says who asks, and from where, and the paths that it goes to.

The same for HTTP and for live connections. Pure.
"""
