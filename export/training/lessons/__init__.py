"""What the language model learns from: conversations made of text and pictures, a file for each kind of task."""
