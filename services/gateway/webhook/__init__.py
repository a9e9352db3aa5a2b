"""Calls to customers' webhooks: signed, tried again, and to no address inside."""
