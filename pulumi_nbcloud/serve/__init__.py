"""The gate service of `nbcloud serve`: named gates of a file, each polled once for a request, without stored state."""
