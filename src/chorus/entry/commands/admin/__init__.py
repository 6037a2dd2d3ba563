"""`chorus admin`: what an operator does to the chat from the machine it runs on, signed in or not."""
