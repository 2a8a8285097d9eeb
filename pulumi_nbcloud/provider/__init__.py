"""The code that runs inside the engine's dynamic provider process.

Import paths and class names here are stored in users' state: they are frozen from 0.1.0 on.
"""

from pulumi_nbcloud.provider.shadowed import protect

# First of all: the SDK loads a provider by its name in a state, and this package before it.
protect()
