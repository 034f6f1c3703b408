"""Starting from nothing: rounds, deadlocks, and where a portable source would end them."""
