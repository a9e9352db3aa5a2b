"""WeGen's prompt templates, in the words of its published code."""

from typing import Final

REWRITE_REQUEST: Final = "User: Generate an image with prompt rewrite about {brief}.\nAssistant:"
REWRITE_ANSWER: Final = " Here is my detailed description: {dense}"
REWRITE_IMAGE: Final = " Here is the generated image: "
DIRECT_REQUEST: Final = "[INST] Generate a painting: {instruction} [/INST]\n"
CHAT_OPENING: Final = "[INST] "
CHAT_CLOSING: Final = " [/INST]\n"

TEMPLATES: Final = (
    REWRITE_REQUEST.format(brief="a"),
    (REWRITE_ANSWER + REWRITE_IMAGE).format(dense="A"),
    DIRECT_REQUEST.format(instruction="a"),
)
