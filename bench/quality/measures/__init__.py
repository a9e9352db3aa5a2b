"""What is measured: numbers from pictures, words and features."""
