"""How fast the portal is with a whole country in it: `make bench`."""
