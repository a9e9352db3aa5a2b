"""The recipe's questions answered by published models through transformers, loaded from local folders only."""
