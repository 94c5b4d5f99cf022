"""What can be said to the adapter at a keyboard? One module for each group of commands; adapter/cli.py gathers them."""
