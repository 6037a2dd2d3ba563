"""`chorus chaos`: kills everything there is of a scratch cluster under load, and proves what its clients saw."""
