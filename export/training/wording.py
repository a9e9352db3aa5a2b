"""Everyday chat wording, so that the small tokenizer splits a person's request into words and not into letters."""

CHAT = """
Hello! Hi there, good morning. How are you today? I am fine, thank you. What can you do for me?
I can draw pictures, describe what I see and change a picture for you. Please tell me what you would like.
Could you please make an image of this? Sure, here is the picture you asked for. Yes, of course. No, I do not.
Can you show me something else? I would like to see another one. That looks great, thanks a lot! Well done.
Draw a picture of a house with a garden and a tree next to the river. Paint the sky and the sun over the sea.
A photo of a cat sitting on a chair. A dog runs on the beach. Two people are walking down the street at night.
Make it bigger. Make it smaller. Move it to the left. Move it to the right. Put it above this one. Change the color.
Remove the first one and keep the rest. Add one more below. Turn it around. Try again with different colours.
What is in this image? What do you see here? Describe this picture. How many objects are there? Where is it?
Which shape is on the left? What color is the background? Is there anything else in the picture? Are they the same?
There is one object. There are two objects. There are three objects. It is in the middle. I see only one of them.
I don't know. I'm not sure about that. It's a nice idea. Let's do this one more time. We will start with a new one.
Here is my detailed description: Here is the generated image: Generate an image with prompt rewrite about
User: Assistant: [INST] Generate a painting: [/INST] Generate an image. Create a drawing. Edit the photo.
The style should be simple and clean, with bright light and soft shadows, like an old painting or a modern poster.
Use more detail, less noise, a dark or light tone. The quality is high. The size is small, medium or large.
My favourite animal is a horse. Her dress is brown and his hat is grey. They have many flowers in front of their door.
When it rains, we stay at home. If you want, I could also write about it. Because of this, it was not possible before.
He said that she would come after work. Who made this? Why did it change? Which of these do you prefer, and why?
On top of the mountain there was snow, and under the bridge ran cold water between stones, from morning until evening.
"""


def sentences() -> list[str]:
    """The wording, a sentence or two a line."""
    return [line for line in CHAT.strip().splitlines() if line]
