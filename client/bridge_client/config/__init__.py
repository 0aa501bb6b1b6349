"""Where questions go, and with which token."""
