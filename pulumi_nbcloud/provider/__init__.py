"""What runs inside the engine's dynamic provider process.

Import paths and class names here are stored in users' state: they are frozen from 0.1.0 on.
"""
