"""Events and requests in, frames out."""
