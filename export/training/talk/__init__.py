"""Conversation about scenes: questions with answers, and requests for other pictures."""
