"""The gRPC gateway: it owns conversations and Prompt Self-Rewriting, and starts what others do."""
