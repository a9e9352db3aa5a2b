"""The wire contract `wegen.v1` and its generated code."""
