"""`chorus monitor`: what runs, live, on a whole terminal. Imported by that command alone: Textual takes its time."""
