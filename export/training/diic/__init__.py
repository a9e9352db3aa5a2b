"""DIIC: training pairs that keep an instance's identity while it moves, turns and changes size (WeGen, 3.2).

A step is a function with clear inputs, so that real videos and detectors take the place of the procedural ones:
`sources` asks the four questions, `procedural` answers them from the world, `detectors` with published models.
"""
