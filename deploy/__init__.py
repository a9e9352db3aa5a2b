"""What puts the services on machines: the local stack, Triton's start, Redis and an S3 server for tests."""
