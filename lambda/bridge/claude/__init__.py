"""The Messages API: requests out, a streamed answer in, retries and budget."""
