"""The items of the two tables, the rules they obey, and the port to them."""
