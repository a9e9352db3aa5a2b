"""Named colours, far enough apart that a pixel names its colour."""

from typing import Final

OBJECT_COLOURS: Final = ("red", "orange", "yellow", "green", "cyan", "blue", "purple", "pink")
BACKGROUND_COLOURS: Final = (*OBJECT_COLOURS, "white", "gray", "black")

RGB: Final[dict[str, tuple[int, int, int]]] = {
    "red": (214, 38, 38),
    "orange": (245, 138, 28),
    "yellow": (250, 222, 60),
    "green": (46, 160, 70),
    "cyan": (70, 205, 220),
    "blue": (45, 80, 215),
    "purple": (125, 50, 170),
    "pink": (246, 140, 190),
    "white": (246, 246, 246),
    "gray": (128, 128, 128),
    "black": (26, 26, 26),
}


def shade(colour: str) -> tuple[int, int, int]:
    """The second tone of a textured surface: darker, for black lighter."""
    if colour == "black":
        return (56, 56, 56)
    red, green, blue = RGB[colour]
    return (int(red * 0.76), int(green * 0.76), int(blue * 0.76))
