"""Images: a Dockerfile each, and what can be known of one before it is built."""
