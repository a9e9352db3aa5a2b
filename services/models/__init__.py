"""Model repositories in an S3: published once, fetched by every node that serves them."""
