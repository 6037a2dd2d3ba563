"""The content of files: what it is, where it lies, and what is made of pictures. Begin at `contract.py`."""
